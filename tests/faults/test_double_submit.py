"""A form that is sent twice makes one key, however close behind the other it comes."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import requests

from tests.faults.records import execute

pytestmark = pytest.mark.e2e
COPIES = 6


def hidden(name, page):
    return re.search(rf'name="{name}" value="([^"]+)"', page)[1]


def logged_in(console):
    session = requests.Session()
    session.headers["Origin"] = console.url
    login = f"{console.url}/console/login/"
    fields = {
        "username": console.admin_username,
        "password": console.admin_password,
        "csrfmiddlewaretoken": hidden("csrfmiddlewaretoken", session.get(login, timeout=30).text),
    }
    assert session.post(login, data=fields, timeout=30).url == f"{console.url}/console/"
    return session


def test_a_form_sent_several_times_at_once_makes_one_key(live_console):
    url = f"{live_console.url}/console/keys/new/"
    session = logged_in(live_console)
    page = session.get(url, timeout=30).text
    fields = {
        "csrfmiddlewaretoken": hidden("csrfmiddlewaretoken", page),
        "submission": hidden("submission", page),
        "username": "double-click",
        "allowed_ips": "203.0.113.7",
        "permission": "read",
        "status": "enabled",
        "mode": "live",
        "expiry": "never",
    }
    start = Barrier(COPIES)

    def send(_number):
        with requests.Session() as copy:
            copy.headers, copy.cookies = session.headers, session.cookies.copy()
            start.wait()
            return copy.post(url, data=fields, timeout=30)

    with ThreadPoolExecutor(COPIES) as pool:
        answers = list(pool.map(send, range(COPIES)))

    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [200] + [409] * (COPIES - 1), answers[0].text
    assert len({answer.text for answer in answers if "cs_live_" in answer.text}) == 1
    keys = live_console.manage("list_api_keys", "--username=double-click")
    assert len(keys) == 1
    issued = "SELECT consumer_key FROM apikeys_changerecord WHERE action = 'issued'"
    assert execute(live_console, issued).count((keys[0]["consumer_key"],)) == 1
