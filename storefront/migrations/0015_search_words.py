import django.db.models.deletion
from django.db import migrations, models


def words_of(of, to):
    """The model of one row's words, which is the same for products and for webhooks."""
    name = f"{of}word"
    return migrations.CreateModel(
        name=f"{to}Word",
        fields=[
            (
                "id",
                models.BigAutoField(
                    auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                ),
            ),
            ("word", models.CharField(max_length=40)),
            (
                of,
                models.ForeignKey(
                    db_index=False,
                    on_delete=django.db.models.deletion.CASCADE,
                    related_name="search_words",
                    to=f"storefront.{of}",
                ),
            ),
        ],
        options={
            "indexes": [
                models.Index(
                    fields=["word", of],
                    name=f"{name}_begins",
                    opclasses=["varchar_pattern_ops", "int8_ops"],
                )
            ],
            "constraints": [
                models.UniqueConstraint(fields=(of, "word"), name=f"{name}_once_per_{of}")
            ],
        },
    )


class Migration(migrations.Migration):
    dependencies = [
        ("storefront", "0014_cart_key_version"),
    ]

    operations = [words_of("product", "Product"), words_of("webhook", "Webhook")]
