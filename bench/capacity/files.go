package capacity

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/jamsession/jamsession/filestore"
)

// fillFiles lets the store make one file, and copies it under other names.
func fillFiles(r *run, f filling) filled {
	dir := filepath.Join(r.TempDir(), "sessions")
	store, err := filestore.New(dir, &filestore.Options{Codec: signed()})
	r.check("open", err)
	r.Cleanup(func() { _ = store.(interface{ Close() error }).Close() })
	before := r.blocks(dir)
	first := f.record(0)
	r.check("create", store.Create(r.ctx, first))
	name := r.nameWith(dir, first.Key)
	text, err := os.ReadFile(filepath.Join(dir, name))
	r.check("read what the store made", err)
	header := r.header(string(text), first)
	r.inParallel(f.n, func(i int) error {
		rec := f.record(i)
		file := filepath.Join(dir, strings.Replace(name, first.Key, rec.Key, 1))
		return os.WriteFile(file, append([]byte(header), rec.Data...), 0o600)
	})
	each := r.blocks(filepath.Join(dir, name))
	return filled{store: store, bytes: r.blocks(dir) - before + each*float64(f.n)}
}

// nameWith returns the name of the file that has the key in it.
func (r *run) nameWith(dir, key string) string {
	entries, err := os.ReadDir(dir)
	r.check("list", err)
	for _, e := range entries {
		if strings.Contains(e.Name(), key) {
			return e.Name()
		}
	}
	r.Fatalf("the store made no file of the key")
	return ""
}
