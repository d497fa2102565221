package redisstore_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/jamsession/jamsession/internal/pushtest"
	"github.com/jamsession/jamsession/internal/servertest"
	"github.com/jamsession/jamsession/redisstore"
	"github.com/jamsession/jamsession/session"
	"github.com/jamsession/jamsession/sessiontest"
)

// TestCluster: two servers share the keys, so that a rotation goes from one to
// the other.
func TestCluster(t *testing.T) {
	url, _ := startCluster(t)
	sessiontest.Run(t, func(t *testing.T) session.Store { return open(t, url, redisstore.Options{}) })
	t.Run("Push", func(t *testing.T) {
		pushtest.Run(t, func(t *testing.T, channel string) pushtest.Push { return pushOn(t, url, channel) })
	})
}

// startCluster returns the URL of two servers.
func startCluster(t *testing.T) (url string, servers []*servertest.Server) {
	t.Helper()
	a := servertest.StartRedisWith(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf")
	b := servertest.StartRedisWith(t, "--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf")
	do(t, a, "CLUSTER", "ADDSLOTSRANGE", "0", "8191")
	do(t, b, "CLUSTER", "ADDSLOTSRANGE", "8192", "16383")
	do(t, b, "CLUSTER", "SET-CONFIG-EPOCH", "2")
	host, port, _ := net.SplitHostPort(a.Addr)
	do(t, b, "CLUSTER", "MEET", host, port)
	waitForCluster(t, a)
	waitForCluster(t, b)
	return "redis-cluster://" + a.Addr + "," + b.Addr, []*servertest.Server{a, b}
}

func do(t *testing.T, s *servertest.Server, args ...string) string {
	t.Helper()
	client := direct(t, s)
	defer client.Close()
	text, err := client.Do(t.Context(), client.B().Arbitrary(args...).Build()).ToString()
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return text
}

func direct(t *testing.T, s *servertest.Server) rueidis.Client {
	t.Helper()
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{s.Addr}, ForceSingleClient: true, DisableCache: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func waitForCluster(t *testing.T, s *servertest.Server) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		info := do(t, s, "CLUSTER", "INFO")
		if strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:2") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the cluster does not come up:\n%s", info)
		}
	}
}

// TestSentinel: the client asks a sentinel for the server.
func TestSentinel(t *testing.T) {
	url, _ := startSentinel(t)
	store := open(t, url, redisstore.Options{})
	rec := created(t, store, "x")
	if _, err := store.Load(t.Context(), rec.Key); err != nil {
		t.Error(err)
	}
}

// startSentinel returns the URL of a sentinel and its server.
func startSentinel(t *testing.T) (url string, servers []*servertest.Server) {
	t.Helper()
	master := servertest.StartRedis(t)
	host, port, _ := net.SplitHostPort(master.Addr)
	conf := filepath.Join(t.TempDir(), "sentinel.conf")
	text := "sentinel monitor mymaster " + host + " " + port + " 1\n"
	if err := os.WriteFile(conf, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	openToAll(t, conf)
	sentinel := servertest.StartSentinel(t, conf)
	return "redis-sentinel://" + sentinel.Addr + "/mymaster/0", []*servertest.Server{sentinel, master}
}

// openToAll lets the user that the server runs as use a file and its folder,
// even if the tests run as root.
func openToAll(t *testing.T, path string) {
	t.Helper()
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	for dir := filepath.Dir(path); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTLS with a certificate of an authority that only the URL names.
func TestTLS(t *testing.T) {
	ca, cert, key := certificates(t)
	_, port, _ := net.SplitHostPort(servertest.FreeAddr(t))
	servertest.StartRedisWith(t, "--tls-port", port, "--tls-cert-file", cert, "--tls-key-file", key,
		"--tls-ca-cert-file", ca, "--tls-auth-clients", "no")
	url := "rediss://127.0.0.1:" + port
	if s, err := redisstore.Open(t.Context(), url, nil); err == nil {
		_ = s.Close()
		t.Error("a certificate of nobody was accepted")
	}
	store := open(t, url+"?ca="+ca, redisstore.Options{})
	rec := created(t, store, "x")
	if _, err := store.Load(t.Context(), rec.Key); err != nil {
		t.Error(err)
	}
}

// TestTLSFromTheFirstByte: nothing is sent in the clear,
// whether a ca is named or not.
func TestTLSFromTheFirstByte(t *testing.T) {
	ca, _, _ := certificates(t)
	for scheme, path := range map[string]string{
		"rediss": "/0", "rediss-cluster": "", "rediss-sentinel": "/mymaster/0",
	} {
		for _, options := range []string{"", "?ca=" + ca} {
			addr, first := firstBytes(t)
			client, err := redisstore.Dial(t.Context(), scheme+"://:sesame@"+addr+path+options)
			if err == nil {
				client.Close()
				t.Errorf("%s%s: connected to nobody", scheme, options)
			}
			const handshake = 0x16 // RFC 8446, 5.1
			if got := <-first; got != handshake {
				t.Errorf("%s%s: the first byte is %#x", scheme, options, got)
			}
		}
	}
}

// firstBytes listens, and tells the first byte of the first connection. It
// closes each connection after that.
func firstBytes(t *testing.T) (addr string, first <-chan byte) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	bytes := make(chan byte, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			var b [1]byte
			_, _ = io.ReadFull(conn, b[:])
			_ = conn.Close()
			select {
			case bytes <- b[0]:
			default:
			}
		}
	}()
	return l.Addr().String(), bytes
}

// certificates returns the files of an authority and of a server on loopback.
func certificates(t *testing.T) (ca, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, IsCA: true,
		BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour),
		KeyUsage:    x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		text := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, key = write("cert.pem", "CERTIFICATE", der), write("key.pem", "PRIVATE KEY", keyDER)
	openToAll(t, key)
	return cert, cert, key
}
