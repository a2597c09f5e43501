"""What looks like a secret is reported before it is sent: its kind and line, never the secret itself."""

from __future__ import annotations

import time

import pytest

from grokchat.secret_scan import find_secrets

LETTERS = "aB3dE5gH7jK9mN1pQ2sT4vW6yZ8cF0iL" * 3

SECRETS = [
    (f"xai-{LETTERS[:80]}", "an xAI key"),
    ("AKIAIOSFODNN7QXAMPLA", "an AWS access key"),
    (f"aws_secret_access_key = {LETTERS[:40]}", "an AWS secret key"),
    (f'"AwsSecretAccessKey": "{LETTERS[:40]}"', "an AWS secret key"),
    (f"ghp_{LETTERS[:36]}", "a GitHub token"),
    (f"github_pat_{LETTERS[:40]}", "a GitHub token"),
    (f"glpat-{LETTERS[:20]}", "a GitLab token"),
    (f"sk-{LETTERS[:48]}", "an OpenAI or Anthropic key"),
    (f"sk-ant-api03-{LETTERS[:60]}", "an OpenAI or Anthropic key"),
    (f"AIza{LETTERS[:35]}", "a Google API key"),
    (f"xoxb-{LETTERS[:24]}", "a Slack token"),
    (f"sk_live_{LETTERS[:24]}", "a Stripe key"),
    (f"hf_{LETTERS[:34]}", "a Hugging Face token"),
    (f"npm_{LETTERS[:36]}", "an npm token"),
    (f"pypi-AgEI{LETTERS[:60]}", "a PyPI token"),
    (f"eyJ{LETTERS[:20]}.eyJ{LETTERS[:30]}.{LETTERS[:30]}", "a JSON web token"),
    ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
    ("-----BEGIN PRIVATE KEY-----", "a private key"),
    ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "a private key"),
    ("postgres://admin:hunter2@db.internal/x", "a password in an address"),
]


@pytest.mark.parametrize(("secret", "kind"), SECRETS)
def test_a_secret_is_named_with_its_line(secret, kind):
    assert find_secrets(f"first\nvalue: {secret}\nlast") == [f"{kind} (line 2)"]
    assert find_secrets(secret) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "password = hunter2",
        "task-force-of-many-words-and-more-words-than-that",
        "XAI_API_KEY=xai-your-key",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "AKIAIOSFODNN7EXAMPLE",
        "-----BEGIN PUBLIC KEY-----",
        "-----BEGIN CERTIFICATE-----",
        "https://example.org:8080/a@b",
        "git@github.com:a/b.git",
        "mailto:me@example.org",
        "sha256:" + "0123456789abcdef" * 4,
        "risk-management-in-large-software-projects-with-people",
    ],
)
def test_ordinary_text_is_left_alone(text):
    assert find_secrets(text) == []


def test_each_kind_is_told_once_and_the_secret_never():
    text = "\n".join([SECRETS[0][0], SECRETS[0][0], SECRETS[4][0]])
    secrets = find_secrets(text)
    assert secrets == ["an xAI key (line 1)", "a GitHub token (line 3)"]


@pytest.mark.parametrize(
    "piece", ["a:", "aws_secret_access_key ", "x://a:", "eyJ", "-----BEGIN A ", "sk-ant-", "AKIA", " "]
)
def test_it_takes_linear_time(piece):
    begun = time.process_time()
    find_secrets(piece * (200_000 // len(piece)))
    once = time.process_time() - begun
    begun = time.process_time()
    find_secrets(piece * (800_000 // len(piece)))
    assert time.process_time() - begun < 12 * once + 0.5
