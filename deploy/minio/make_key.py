"""Makes a site's bucket and a key for it alone: python make_key.py STORE_URL_FILE ROOT_USER ROOT_PASSWORD_FILE.

The URL is the one that mediaproc will be told: its key, its secret and its bucket are what is made. Said again it
changes nothing.
"""

import json
import sys
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from minio import Minio, MinioAdmin
from minio.credentials.providers import StaticProvider

POLICY = Path(__file__).with_name("key-for-one-bucket.json")


def main(url_file: str, root_user: str, root_password_file: str) -> None:
    """Make what the URL in the file names, with the root's rights."""
    url = urlsplit(Path(url_file).read_text(encoding="utf-8").strip())
    address, bucket = url.netloc.rpartition("@")[2], url.path.strip("/")
    key, secret = unquote(url.username or ""), unquote(url.password or "")
    password = Path(root_password_file).read_text(encoding="utf-8").strip()
    secure = parse_qs(url.query).get("secure") != ["false"]
    client = Minio(address, access_key=root_user, secret_key=password, secure=secure)
    if not client.bucket_exists(bucket):
        client.make_bucket(bucket)
    admin = MinioAdmin(endpoint=address, credentials=StaticProvider(root_user, password), secure=secure)
    policy = json.loads(POLICY.read_text(encoding="utf-8").replace(":::videos", f":::{bucket}"))
    admin.policy_add(key, policy=policy)
    admin.user_add(key, secret)
    admin.policy_set(key, user=key)


if __name__ == "__main__":
    main(*sys.argv[1:])
