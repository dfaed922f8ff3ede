"""A server that starts and never answers, for `test_server`."""

import time

if __name__ == "__main__":
    time.sleep(120)
