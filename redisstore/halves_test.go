package redisstore

import (
	"strconv"
	"testing"
	"time"
)

// TestContentsKeepWhatIsUsed, within their limit.
func TestContentsKeepWhatIsUsed(t *testing.T) {
	const most = 100 * 1000
	c := newContents(most)
	value := make([]byte, 1000)
	used := &content{value: value, data: value[10:], expiry: time.Now()}
	c.put("used", used)
	for i := range 1000 {
		c.put(strconv.Itoa(i), &content{value: value, data: value[10:]})
		if c.find("used", value) != used {
			t.Fatalf("what was in use is not kept after %d others", i)
		}
		total := 0
		for _, h := range []half{c.young, c.old} {
			sum := 0
			for _, k := range h.all {
				sum += k.size()
			}
			if sum != h.bytes {
				t.Fatalf("%d bytes are counted as %d", sum, h.bytes)
			}
			total += sum
		}
		if total > most {
			t.Fatalf("%d bytes are kept, at most %d may be", total, most)
		}
	}
	if c.find("0", value) != nil {
		t.Error("what was used once is kept")
	}
	if c.find("999", value) == nil {
		t.Error("what came last is not kept")
	}
	large := make([]byte, most)
	c.put("999", &content{value: large, data: large})
	if k, _ := c.get("999"); k != nil {
		t.Error("what is larger than a half is kept, or what it replaces")
	}
	c.forget("used")
	if c.find("used", value) != nil {
		t.Error("what was forgotten is kept")
	}
}
