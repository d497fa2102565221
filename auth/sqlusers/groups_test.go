package sqlusers_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jamsession/jamsession/auth"
	"github.com/jamsession/jamsession/auth/sqlusers"
)

func createGroup(t *testing.T, d database, name string) sqlusers.Group {
	t.Helper()
	g, err := d.CreateGroup(t.Context(), name)
	if err != nil {
		t.Fatalf("CreateGroup(%q): %v", name, err)
	}
	return g
}

func groupNames(groups []sqlusers.Group) []string {
	var names []string
	for _, g := range groups {
		names = append(names, g.Name)
	}
	return names
}

func TestGroups(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		names := []string{"editors", "Rédacteurs en chef", "編集者", "🦊 & co", strings.Repeat("ж", 150)}
		for _, name := range names {
			g := createGroup(t, d, name)
			got, err := d.GroupByName(ctx, name)
			if err != nil || got != g || g.ID == 0 || g.Name != name {
				t.Errorf("GroupByName(%q) = %v, %v; created %v", name, got, err, g)
			}
			if _, err := d.CreateGroup(ctx, name); !errors.Is(err, sqlusers.ErrGroupExists) {
				t.Errorf("CreateGroup(%q) again: %v", name, err)
			}
		}
		var listed []string
		for g, err := range d.Groups(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			listed = append(listed, g.Name)
		}
		if !slices.Equal(listed, names) {
			t.Errorf("Groups: %q", listed)
		}
		for _, name := range []string{"", "EDITORS", "editors ", "editor", "redacteurs en chef", "a\x00", "\xff"} {
			if _, err := d.GroupByName(ctx, name); !errors.Is(err, sqlusers.ErrGroupNotFound) {
				t.Errorf("GroupByName(%q): %v, want ErrGroupNotFound", name, err)
			}
		}
		for _, name := range []string{"", "  ", "\xff", "a\nb", strings.Repeat("é", 151)} {
			_, err := d.CreateGroup(ctx, name)
			renamed := d.RenameGroup(ctx, 1, name)
			if !errors.Is(err, sqlusers.ErrInvalid) || !errors.Is(renamed, sqlusers.ErrInvalid) {
				t.Errorf("%q: CreateGroup %v, RenameGroup %v; want ErrInvalid", name, err, renamed)
			}
		}
	})
}

func TestRenameGroup(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		g, other := createGroup(t, d, "editors"), createGroup(t, d, "authors")
		for range 2 { // the second time it changes nothing
			if err := d.RenameGroup(ctx, g.ID, "Éditeurs"); err != nil {
				t.Errorf("RenameGroup: %v", err)
			}
		}
		if got, err := d.GroupByName(ctx, "Éditeurs"); got.ID != g.ID || err != nil {
			t.Errorf("GroupByName = %v, %v", got, err)
		}
		if err := d.RenameGroup(ctx, g.ID, other.Name); !errors.Is(err, sqlusers.ErrGroupExists) {
			t.Errorf("to the name of another: %v", err)
		}
		for _, id := range []int64{0, -1, 99, math.MaxInt64} {
			if err := d.RenameGroup(ctx, id, "x"); !errors.Is(err, sqlusers.ErrGroupNotFound) {
				t.Errorf("group %d: %v", id, err)
			}
		}
	})
}

func TestMembership(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		john := create(t, d.Users, auth.User{Username: "john"})
		jane := create(t, d.Users, auth.User{Username: "jane"})
		editors, authors := createGroup(t, d, "editors"), createGroup(t, d, "authors")
		for range 2 { // the second time it is so already
			if err := errors.Join(d.AddToGroup(ctx, john.ID, editors.ID), d.AddToGroup(ctx, john.ID, authors.ID),
				d.AddToGroup(ctx, jane.ID, authors.ID)); err != nil {
				t.Errorf("AddToGroup: %v", err)
			}
		}
		members := func(id string) []string {
			groups, err := d.UserGroups(ctx, id)
			if err != nil {
				t.Error(err)
			}
			return groupNames(groups)
		}
		if got := members(john.ID); !slices.Equal(got, []string{"editors", "authors"}) {
			t.Errorf("john is in %q", got)
		}
		for range 2 {
			if err := d.RemoveFromGroup(ctx, john.ID, authors.ID); err != nil {
				t.Errorf("RemoveFromGroup: %v", err)
			}
		}
		if got := members(john.ID); !slices.Equal(got, []string{"editors"}) {
			t.Errorf("john is in %q", got)
		}
		if got := members(jane.ID); !slices.Equal(got, []string{"authors"}) {
			t.Errorf("jane is in %q", got)
		}
		if got := members("99"); got != nil {
			t.Errorf("nobody is in %q", got)
		}
		for name, change := range map[string]func(context.Context, string, int64) error{
			"AddToGroup": d.AddToGroup, "RemoveFromGroup": d.RemoveFromGroup,
		} {
			for _, none := range nobodies {
				if err := change(ctx, none, editors.ID); !errors.Is(err, auth.ErrUserNotFound) {
					t.Errorf("%s of user %q: %v", name, none, err)
				}
			}
			for _, none := range []int64{0, 99, math.MaxInt64} {
				if err := change(ctx, john.ID, none); !errors.Is(err, sqlusers.ErrGroupNotFound) {
					t.Errorf("%s of group %d: %v", name, none, err)
				}
			}
		}
	})
}

func TestDeleteGroup(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		ctx := t.Context()
		john := create(t, d.Users, auth.User{Username: "john", IsActive: true})
		editors, authors := createGroup(t, d, "editors"), createGroup(t, d, "authors")
		for _, g := range []sqlusers.Group{editors, authors} {
			if err := errors.Join(d.AddToGroup(ctx, john.ID, g.ID),
				d.GrantToGroup(ctx, g.ID, "auth.add_user")); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.DeleteGroup(ctx, editors.ID); err != nil {
			t.Fatal(err)
		}
		if err := d.DeleteGroup(ctx, editors.ID); !errors.Is(err, sqlusers.ErrGroupNotFound) {
			t.Errorf("the second time: %v", err)
		}
		groups, err := d.UserGroups(ctx, john.ID)
		if !slices.Equal(groupNames(groups), []string{"authors"}) || err != nil {
			t.Errorf("john is in %v, %v", groups, err)
		}
		for _, table := range []string{"auth_group", "auth_user_groups", "auth_group_permissions", "auth_user"} {
			if n := d.count(t, table); n != 1 {
				t.Errorf("%s has %d rows, want the other group's one", table, n)
			}
		}
	})
}

// TestGroupsAtOnce: of many that make one group, one succeeds; all that add
// the same member succeed, and the member is there once.
func TestGroupsAtOnce(t *testing.T) {
	forEachDatabase(t, func(t *testing.T, d database) {
		john := create(t, d.Users, auth.User{Username: "john"})
		authors := createGroup(t, d, "authors")
		var made atomic.Int32
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				_, err := d.CreateGroup(t.Context(), "editors")
				switch {
				case err == nil:
					made.Add(1)
				case !errors.Is(err, sqlusers.ErrGroupExists):
					t.Error(err)
				}
				if err := d.AddToGroup(t.Context(), john.ID, authors.ID); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := d.count(t, "auth_user_groups"); made.Load() != 1 || n != 1 {
			t.Errorf("%d were made, %d memberships", made.Load(), n)
		}
	})
}

func TestGroupsYieldsAllPages(t *testing.T) {
	users, db := open(t, tempFile(t))
	const total = 1203
	if _, err := db.Exec(`WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
		INSERT INTO auth_group (name) SELECT 'g' || i FROM n`, total); err != nil {
		t.Fatal(err)
	}
	var last int64
	for g, err := range users.Groups(t.Context()) {
		if err != nil || g.ID != last+1 {
			t.Fatalf("%v after %d, %v", g, last, err)
		}
		if err := users.RenameGroup(t.Context(), g.ID, g.Name+"x"); err != nil {
			t.Fatal(err)
		}
		if last = g.ID; last == 777 {
			break
		}
	}
	for _, err := range users.Groups(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		last++
	}
	if last != 777+total {
		t.Errorf("Groups yields %d, want %d", last-777, total)
	}
}
