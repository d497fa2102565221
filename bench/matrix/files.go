package matrix

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/gorilla/sessions"

	"github.com/jamsession/jamsession/bench/contest"
	"github.com/jamsession/jamsession/filestore"
	"github.com/jamsession/jamsession/session"
)

var files = engine{
	name:  "file",
	cases: []Case{ReadCase, ReadWriteCase, CreateCase, ReadLarge, RotateCase, LogoutCase, ClearCase},
	open: func(bed *contest.Bed) []entrant {
		small := bareFile(bed, 300)
		return []entrant{
			{name: floorName, floor: map[Case]func(int) func(){
				ReadCase: small, ReadLarge: bareFile(bed, 64<<10),
			}, records: bareFiles(bed)},
			jamsessionFiles(bed, ours, nil),
			jamsessionFiles(bed, oursDjango, djangoCodec()),
			{name: "gorilla", site: gorillaFiles(bed)},
		}
	},
}

func jamsessionFiles(bed *contest.Bed, name string, codec session.Codec) entrant {
	dir := bed.TempDir()
	store, err := filestore.New(dir, nil)
	mustNot(err)
	bed.Cleanup(func() { _ = store.Close() })
	return clearing(entrant{name: name, site: jamsession(store, codec)}, store, func() {
		monthAgo := time.Now().AddDate(0, -1, 0)
		for i := range expiredSessions {
			name := filepath.Join(dir, "sessionid"+expiredKey(i))
			mustNot(os.WriteFile(name, payload, 0o600))
			mustNot(os.Chtimes(name, monthAgo, monthAgo))
		}
	})
}

func gorillaFiles(bed *contest.Bed) Site {
	store := sessions.NewFilesystemStore(bed.TempDir(), []byte(secret))
	store.MaxLength(1 << 20)
	return gorillaSite(store)
}

// bareFiles writes files, and removes them for good.
func bareFiles(bed *contest.Bed) *bareRecords {
	dir := bed.TempDir()
	folder, err := os.Open(dir)
	mustNot(err)
	bed.Cleanup(func() { _ = folder.Close() })
	return &bareRecords{
		// What was never flushed costs the disk less to remove.
		create: func(key string) {
			file, err := os.OpenFile(filepath.Join(dir, key), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			mustNot(err)
			_, err = file.Write(payload)
			mustNot(errors.Join(err, file.Sync(), file.Close(), folder.Sync()))
		},
		remove: func(key string) {
			mustNot(os.Remove(filepath.Join(dir, key)))
			mustNot(folder.Sync())
		},
	}
}

// bareFile reads a file of that many bytes.
func bareFile(bed *contest.Bed, size int) func(int) func() {
	name := filepath.Join(bed.TempDir(), "file")
	mustNot(os.WriteFile(name, bytes.Repeat([]byte("x"), size), 0o600))
	return func(int) func() {
		return func() {
			text, err := os.ReadFile(name)
			mustNot(err)
			must(len(text) == size, "the file is not what was written")
		}
	}
}
