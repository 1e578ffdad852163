from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("history", "0010_find_attempts_of_a_store"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="rollup",
            options={
                "verbose_name": "progress of counting",
                "verbose_name_plural": "progress of counting",
            },
        ),
        migrations.AlterField(
            model_name="rollup",
            name="date_modified",
            field=models.DateTimeField(auto_now=True, verbose_name="date modified"),
        ),
        migrations.AlterField(
            model_name="rollup",
            name="time_zone",
            field=models.CharField(max_length=64, verbose_name="time zone"),
        ),
        migrations.AlterField(
            model_name="rollup",
            name="upto",
            field=models.BigIntegerField(default=0, verbose_name="counted up to call"),
        ),
    ]
