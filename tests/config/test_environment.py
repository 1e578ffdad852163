import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment


@pytest.fixture
def env_file(tmp_path):
    return tmp_path / ".env"


def test_the_environment_wins_over_the_file(env_file):
    env_file.write_text("TIME_ZONE=Europe/Berlin\nREDIS_URL=redis://file\n")
    env = environment.read(env_file, {"TIME_ZONE": "UTC"})

    assert env.text("TIME_ZONE") == "UTC"
    assert env.text("REDIS_URL") == "redis://file"


def test_a_missing_file_leaves_the_defaults(env_file):
    assert environment.read(env_file, {}).text("TIME_ZONE", "UTC") == "UTC"


def test_an_empty_value_counts_as_none(env_file):
    assert environment.read(env_file, {"TIME_ZONE": ""}).text("TIME_ZONE", "UTC") == "UTC"


def test_reading_the_file_does_not_hand_its_secrets_to_programs_we_start(env_file, monkeypatch):
    environ = {}
    monkeypatch.setattr("os.environ", environ)
    env_file.write_text("SECRET_KEY=hush\n")

    assert environment.read(env_file, environ).text("SECRET_KEY") == "hush"
    assert environ == {}


def test_a_value_can_stand_in_a_file_of_its_own(env_file, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("from a file\n")

    env = environment.read(env_file, {"SECRET_KEY_FILE": str(secret)})

    assert env.text("SECRET_KEY") == "from a file"


def test_the_environment_wins_over_a_file_named_in_the_file(env_file, tmp_path):
    env_file.write_text(f"SECRET_KEY_FILE={tmp_path / 'absent'}\n")
    assert environment.read(env_file, {"SECRET_KEY": "here"}).text("SECRET_KEY") == "here"


def test_a_value_that_begins_with_a_dollar_is_kept(env_file):
    assert environment.read(env_file, {"SECRET_KEY": "$a\\$b"}).text("SECRET_KEY") == "$a\\$b"


def test_a_value_given_twice_is_refused(env_file, tmp_path):
    env = environment.read(env_file, {"SECRET_KEY": "hush", "SECRET_KEY_FILE": str(tmp_path)})
    with pytest.raises(ImproperlyConfigured, match="both set"):
        env.text("SECRET_KEY")


def test_a_file_that_cannot_be_read_is_named_by_its_setting(env_file, tmp_path):
    env = environment.read(env_file, {"SECRET_KEY_FILE": str(tmp_path / "absent")})
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY_FILE"):
        env.text("SECRET_KEY")


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("ON", True), ("1", True), ("false", False), ("off", False), ("0", False)],
)
def test_on_and_off(env_file, text, value):
    assert environment.read(env_file, {"DEBUG": text}).boolean("DEBUG", default=True) is value


def test_a_word_that_is_neither_on_nor_off_is_refused_without_repeating_it(env_file):
    with pytest.raises(ImproperlyConfigured) as refused:
        environment.read(env_file, {"DEBUG": "flase"}).boolean("DEBUG", default=False)
    assert "DEBUG" in str(refused.value)
    assert "flase" not in str(refused.value)


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "²", "many", "65536"])
def test_a_number_out_of_range_is_refused(env_file, text):
    with pytest.raises(ImproperlyConfigured, match="PORT must be a whole number from 1 to 65535"):
        environment.read(env_file, {"PORT": text}).number("PORT", default=8000, most=65535)
