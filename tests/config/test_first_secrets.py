import stat
from concurrent.futures import ThreadPoolExecutor

from config import environment, first_secrets, values, weaknesses


def test_a_missing_file_is_written_with_strong_secrets_for_this_user_alone(tmp_path):
    path = tmp_path / ".env"

    assert first_secrets.write_if_missing(path)

    env = environment.read(path, {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not weaknesses.of_secrets(
        secret_key=env.text("SECRET_KEY"),
        peppers=values.peppers(env.words("APIKEYS_PEPPERS")),
        sealing_keys=values.sealing_keys(env.words("APIKEYS_SEALING_KEYS")),
    )


def test_a_file_that_is_there_is_left_alone(tmp_path):
    path = tmp_path / ".env"
    path.write_text("SECRET_KEY=mine\n")

    assert not first_secrets.write_if_missing(path)
    assert path.read_text() == "SECRET_KEY=mine\n"


def test_two_that_come_at_once_agree_on_one_file(tmp_path):
    path = tmp_path / ".env"
    with ThreadPoolExecutor(8) as pool:
        written = list(pool.map(first_secrets.write_if_missing, [path] * 8))

    assert written.count(True) == 1
    assert [file.name for file in tmp_path.iterdir()] == [".env"]
