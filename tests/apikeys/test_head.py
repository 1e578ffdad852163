from django.http import StreamingHttpResponse

from apikeys.middleware import HeadMiddleware


def test_head_of_a_download_reads_none_of_it(rf):
    read = []
    download = StreamingHttpResponse(read.append(line) or line for line in ["a", "b"])

    response = HeadMiddleware(lambda _request: download)(rf.head("/"))

    assert list(response) == read == []


def test_a_refusal_without_a_length_keeps_that_of_its_body(client, settings):
    settings.ALLOWED_HOSTS = ["elsewhere.example"]

    assert client.head("/healthz")["Content-Length"] == str(len(client.get("/healthz").content))
