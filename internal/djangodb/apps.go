package djangodb

// An App is a Django app: the tables that it makes and the migrations that
// lead to them. Its tables are made in their final state, so its migrations
// are applied together or not at all.
type App struct {
	label      string
	migrations []string
	tables     []table
	models     []model
}

// A table is known by the columns without which it is not Django's.
type table struct {
	name    string
	columns []string
}

// A model is what Django gives a content type and four permissions.
type model struct{ name, verbose string }

// migrationsTable is Django's own record of what has been applied.
var migrationsTable = table{"django_migrations", []string{"id", "app", "name", "applied"}}

// ContentTypes is django.contrib.contenttypes. Auth needs it.
var ContentTypes = App{
	label:      "contenttypes",
	migrations: []string{"0001_initial", "0002_remove_content_type_name"},
	tables:     []table{{"django_content_type", []string{"id", "app_label", "model"}}},
	models:     []model{{"contenttype", "content type"}},
}

// Auth is django.contrib.auth as of Django 3.1 and later.
var Auth = App{
	label: "auth",
	migrations: []string{
		"0001_initial",
		"0002_alter_permission_name_max_length",
		"0003_alter_user_email_max_length",
		"0004_alter_user_username_opts",
		"0005_alter_user_last_login_null",
		"0006_require_contenttypes_0002",
		"0007_alter_validators_add_error_messages",
		"0008_alter_user_username_max_length",
		"0009_alter_user_last_name_max_length",
		"0010_alter_group_name_max_length",
		"0011_update_proxy_permissions",
		"0012_alter_user_first_name_max_length",
	},
	tables: []table{
		{"auth_permission", []string{"id", "name", "content_type_id", "codename"}},
		{"auth_group", []string{"id", "name"}},
		{"auth_group_permissions", []string{"id", "group_id", "permission_id"}},
		{"auth_user", []string{
			"id", "password", "last_login", "is_superuser", "username", "first_name",
			"last_name", "email", "is_staff", "is_active", "date_joined",
		}},
		{"auth_user_groups", []string{"id", "user_id", "group_id"}},
		{"auth_user_user_permissions", []string{"id", "user_id", "permission_id"}},
	},
	models: []model{{"permission", "permission"}, {"group", "group"}, {"user", "user"}},
}

// Sessions is django.contrib.sessions.
var Sessions = App{
	label:      "sessions",
	migrations: []string{"0001_initial"},
	tables: []table{
		{"django_session", []string{"session_key", "session_data", "expire_date"}},
	},
	models: []model{{"session", "session"}},
}
