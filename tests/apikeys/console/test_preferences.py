import pytest

PAGE = "/console/preferences/"


def test_the_theme_is_chosen_with_one_click_and_drawn_by_the_server(client, db):
    response = client.post(PAGE, {"theme": "dark", "next": "/console/login/"})

    assert response["Location"] == "/console/login/"
    assert b'data-theme="dark"' in client.get("/console/login/").content


def test_a_click_on_the_theme_leaves_the_other_preferences_alone(client, db):
    client.post(PAGE, {"theme": "light", "zone": "Asia/Tokyo", "per_page": "100"})
    client.post(PAGE, {"theme": "dark"})

    assert (client.cookies["zone"].value, client.cookies["per_page"].value) == ("Asia/Tokyo", "100")


def test_over_https_no_neighbouring_host_can_plant_a_preference(client, db, settings):
    settings.SESSION_COOKIE_SECURE = True
    client.cookies["zone"] = "Asia/Tokyo"

    answer = client.post(PAGE, {"theme": "dark"}, secure=True)
    page = client.get(PAGE, secure=True)

    assert answer.cookies["__Host-theme"]["secure"]
    assert not answer.cookies["__Host-theme"]["domain"]
    assert b'data-theme="dark"' in page.content
    assert b"Times in UTC" in page.content


@pytest.mark.parametrize(
    "cookies", [{"theme": '"><script>'}, {"zone": "../../etc/passwd"}, {"per_page": "9" * 400}]
)
def test_unknown_preferences_count_as_none(client, db, cookies):
    for name, value in cookies.items():
        client.cookies[name] = value

    page = client.get(PAGE)

    assert page.status_code == 200
    assert b'data-theme="system"' in page.content


def test_saving_leads_back_to_our_own_pages_only(client, db):
    response = client.post(PAGE, {"theme": "dark", "next": "https://evil.example/"})

    assert response["Location"] == "/console/"


def test_console_pages_are_kept_by_no_cache_and_carry_a_strict_policy(client, db):
    page = client.get(PAGE)

    assert "no-store" in page["Cache-Control"]
    assert "Cookie" in page["Vary"]
    assert "unsafe" not in page["Content-Security-Policy"]
    assert page["X-Frame-Options"] == "DENY"
    assert page["Cross-Origin-Opener-Policy"] == "same-origin"
    assert b"style=" not in page.content
    assert b"onclick" not in page.content
