"""A person at work in the console and in the admin of a real server."""

import re

import requests


class Operator:
    """Somebody who may do everything and is logged in."""

    def __init__(self, console):
        self.url = console.url
        self.session = requests.Session()
        self.session.get(f"{self.url}/console/login/", timeout=60)
        person = {"username": console.admin_username, "password": console.admin_password}
        assert self.send("/console/login/", **person).status_code == 302

    def send(self, path, **form):
        """Send a form of this page; a file of SQLite that is busy is tried again."""
        for _attempt in range(20):
            answer = self._post(path, form)
            if answer.status_code != 503:
                break
        return answer

    def _post(self, path, form):
        return self.session.post(
            self.url + path,
            data=form | {"csrfmiddlewaretoken": self.session.cookies["csrftoken"]},
            headers={"Origin": self.url},
            allow_redirects=False,
            timeout=120,
        )

    def switch(self, key, deed):
        """Press the button of the key's page."""
        assert self.send(f"/console/keys/{key['consumer_key']}/{deed}/").status_code == 302

    def switch_in_admin(self, key, deed):
        """Choose the key in the admin's list, and there the deed."""
        path = "/admin/apikeys/apikey/"
        listed = self.session.get(self.url + path, params={"q": key["consumer_key"]}, timeout=60)
        [chosen] = re.findall(r'name="_selected_action" value="(\d+)"', listed.text)
        form = {"_selected_action": chosen, "action": f"{deed}_chosen", "index": 0}
        assert self.send(path, **form).status_code == 302
