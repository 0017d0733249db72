#!/bin/sh
# What some tests need besides Python: Chromium for the pages. Installed where that can be had; without it those
# tests skip loudly by name.
set -u

if ! command -v chromium >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing Chromium for the tests of the pages."
        apt-get update -qq >/dev/null 2>&1
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-core >/dev/null 2>&1 \
            || echo "Chromium can't be installed here; the tests of the pages will say so."
    else
        echo "Chromium is missing and can't be installed without root; the tests of the pages will say so."
    fi
fi
exit 0
