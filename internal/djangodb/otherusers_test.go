package djangodb_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jamsession/jamsession/internal/djangodb"
)

// TestSiteWithUsersOfItsOwn: where Django has made its tables without auth_user, nothing of auth.User is
// made, neither with the sessions nor by itself, and the error says which setting is missing.
func TestSiteWithUsersOfItsOwn(t *testing.T) {
	db := open(t, tempFile(t))
	migrate(t, db, djangodb.ContentTypes, djangodb.Auth)
	exec(t, db, "DROP TABLE auth_user_groups", "DROP TABLE auth_user_user_permissions", "DROP TABLE auth_user",
		"DELETE FROM auth_permission", "DELETE FROM django_content_type")
	migrate(t, db, djangodb.Sessions)
	described := lines(t, db, "SELECT app_label || '.' || model FROM django_content_type ORDER BY 1")
	want := []string{"auth.group", "auth.permission", "contenttypes.contenttype", "sessions.session"}
	if !slices.Equal(described, want) {
		t.Errorf("the models are %q, want %q", described, want)
	}
	if named := lines(t, db, "SELECT codename FROM auth_permission WHERE codename LIKE '%user'"); len(named) > 0 {
		t.Errorf("there are permissions %q", named)
	}
	_, planned := db.Plan(t.Context(), djangodb.ContentTypes, djangodb.Auth)
	_, made := db.Migrate(t.Context(), djangodb.ContentTypes, djangodb.Auth)
	for _, err := range []error{planned, made} {
		if !errors.Is(err, djangodb.ErrOtherUsers) || !strings.Contains(err.Error(), "AUTH_USER_MODEL") ||
			strings.Contains(err.Error(), "delete") {
			t.Errorf("with auth.User: %v", err)
		}
	}
}
