"""A way to a server that can be made slow."""

import socket
import threading

from tests.servers import LOOPBACK

AT_ONCE = 0.0


class SlowProxy:
    """Passes on what is said to another port; each answer can be held back for a while."""

    def __init__(self, port):
        self.port = port
        self.delay = AT_ONCE
        self.delayed = 0
        self._over = threading.Event()
        self._listener = socket.create_server((LOOPBACK, 0))
        self.address = f"{LOOPBACK}:{self._listener.getsockname()[1]}"
        self._start(self._accept)

    def stop(self):
        self._over.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @staticmethod
    def _start(work, *arguments):
        threading.Thread(target=work, args=arguments, daemon=True).start()

    def _accept(self):
        while not self._over.is_set():
            try:
                caller, _address = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection((LOOPBACK, self.port))
            except OSError:
                caller.close()
                continue
            self._start(self._pass_on, caller, server)
            self._start(self._pass_on, server, caller, True)

    def _pass_on(self, source, target, held_back=False):
        try:
            while said := source.recv(65536):
                if held_back and self.delay:
                    self.delayed += 1
                    self._over.wait(self.delay)
                target.sendall(said)
        except OSError:
            pass
        finally:
            for end in (source, target):
                end.close()
