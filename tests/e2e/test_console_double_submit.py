"""One form makes one key, even when it arrives twice at the same moment."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

pytestmark = pytest.mark.e2e
FIELD = re.compile(r'name="(csrfmiddlewaretoken|submission)" value="([^"]+)"')


def test_two_submissions_at_once_make_one_key(live_console):
    with requests.Session() as session:
        login = f"{live_console.url}/console/login/"
        form = dict(FIELD.findall(session.get(login, timeout=30).text))
        form |= {"username": live_console.admin_username, "password": live_console.admin_password}
        session.post(login, form, timeout=20)
        url = f"{live_console.url}/console/keys/new/"
        form = dict(FIELD.findall(session.get(url, timeout=30).text))
        form |= {"username": "twice", "status": "enabled", "mode": "live", "permission": "read"}
        form |= {"allowed_ips": "203.0.113.7", "expiry": "never"}
        cookies = session.cookies.get_dict()

    def submit(_):
        return requests.post(url, form, cookies=cookies, timeout=30)

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(submit, range(4)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    keys = live_console.manage("list_api_keys", "--username=twice")
    assert len(keys) == 1
