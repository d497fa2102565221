package vectors

// Built names the groups that tests run. A test in package django holds that
// each group in the files is named here, and that each group named here is
// run.
var Built = []string{
	// signing
	"salted_hmac", "base62", "base62_decode", "base64url", "base36",
	"signer", "signer_errors", "signer_legacy_sha1",
	"timestamp_signer", "timestamp_signer_max_age",
	"signing_dumps", "compress_rule", "signing_loads", "secret_key_fallbacks",

	// JSON
	"json_serializer", "json_serializer_python_types", "json_float_text", "json_int_text",

	// sessions
	"session_encode", "session_decode", "session_encode_legacy",
	"session_key_validation", "session_expiry", "session_set_expiry",
	"session_flags", "session_middleware",
	"signed_cookies_backend", "signed_cookies_backend_age",

	// cookies
	"set_cookie", "delete_cookie", "cookie_parse", "http_date", "patch_vary",
	"signed_cookie", "signed_cookie_max_age",

	// cross-site requests and redirects
	"csrf_constants", "csrf_mask", "csrf_decision", "csrf_cookie_written",
	"is_same_domain", "url_has_allowed_host_and_scheme", "escape_leading_slashes",
	"redirect_to_login",

	// users
	"session_auth_hash", "auth_login", "auth_get_user",
	"auth_update_session_auth_hash", "auth_logout", "auth_clean_credentials",
	"must_update_salt", "password_hash", "password_check", "password_defaults",
	"password_validators",
	"password_reset_token", "password_reset_check", "uidb64",
	"normalize_email", "normalize_username",

	// caches
	"pickle", "pickle_large", "redis_value", "redis_value_load", "pymemcache_value",
	"db_cache_value", "file_cache_value", "cache_key",

	// messages
	"messages",

	// tables
	"sqlite_datetime", "sqlite_datetime_read",
}
