"""Values of KEY_FUNCTION."""


def prefixed(key, key_prefix, version):
    return key_prefix + ":" + key


def alone(key, key_prefix, version):
    return key


def own(key, key_prefix, version):
    return key + "@" + key_prefix
