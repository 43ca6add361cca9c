package specconv

import (
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseSignal(t *testing.T) {
	for in, want := range map[string]unix.Signal{
		"9": 9, "0": 0, "64": 64, "KILL": 9, "SIGKILL": 9, "kill": 9, "sigterm": 15, "Hup": 1, "SIGIO": 29,
		"RTMIN": 34, "SIGRTMIN": 34, "RTMIN+0": 34, "SIGRTMIN+3": 37, "rtmin+30": 64, "RTMAX": 64, "SIGRTMAX-30": 34,
	} {
		if got, err := ParseSignal(in); err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{
		"", "-1", "65", "+9", " 9", "0x9", "9.0", "SIG", "SIGSIGKILL", "KILL ", "BOGUS", "999999999999999999999",
		"RTMIN+31", "RTMIN-1", "RTMIN+", "RTMIN++1", "RTMIN+-1", "RTMAX+1", "RTMAX-31", "RTMIN3",
	} {
		if got, err := ParseSignal(in); err == nil {
			t.Errorf("%q is accepted as %d", in, got)
		}
	}
}

func FuzzParseSignal(f *testing.F) {
	f.Add("SIGRTMIN+1")
	f.Fuzz(func(t *testing.T, s string) {
		if sig, err := ParseSignal(s); err == nil && (sig < 0 || sig > 64) {
			t.Errorf("%q: got %d", s, sig)
		}
	})
}
