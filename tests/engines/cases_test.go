package main

import (
	"regexp"
	"strings"
	"testing"
)

func TestParseSuite(t *testing.T) {
	var s suite
	err := s.parse("x", `greet() { echo hello; }
-- a title
? true
? test -d /
$ greet
hello
~ h.*o
$ cat <<E
> text
> E
[3]

-- another
$ true
`)
	if err != nil {
		t.Fatal(err)
	}
	if s.prelude != "greet() { echo hello; }\n" || len(s.cases) != 2 {
		t.Fatalf("prelude %q, %d cases", s.prelude, len(s.cases))
	}
	first := s.cases[0]
	if first.title != "a title" || len(first.needs) != 2 || len(first.steps) != 2 {
		t.Fatalf("first case %+v", first)
	}
	if got := first.steps[0]; got.command != "greet" || got.place != "x:5" || len(got.want) != 2 || got.code != 0 {
		t.Errorf("first step %+v", got)
	}
	if got := first.steps[1]; got.command != "cat <<E\ntext\nE" || got.code != 3 {
		t.Errorf("second step %+v", got)
	}
}

// TestReplaceCases has a second file replace what it names anew.
func TestReplaceCases(t *testing.T) {
	var s suite
	if err := s.parse("x", "-- a\n$ true\n-- b\n? false\n$ echo x\nx\n"); err != nil {
		t.Fatal(err)
	}
	if err := s.parse("y", "-- b\n$ echo y\ny\n-- c\n$ true\n"); err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, c := range s.cases {
		titles = append(titles, c.title)
	}
	if got := strings.Join(titles, " "); got != "a b c" {
		t.Errorf("cases %s, want a b c", got)
	}
	if b := s.cases[1]; len(b.needs) != 0 || len(b.steps) != 1 || b.steps[0].place != "y:2" {
		t.Errorf("replaced case %+v", b)
	}
}

func TestParseSuiteErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"output without a command", "-- a\nhello", "x:2: \"hello\" stands before a command"},
		{"a title twice", "-- a\n$ true\n-- a\n$ true", "x:3: case \"a\": there twice"},
		{"bad expression", "-- a\n$ true\n~ (", "x:3: error parsing regexp"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if err := new(suite).parse("x", test.text); err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestCompare(t *testing.T) {
	tests := []struct {
		name string
		step step
		out  string
		code int
		want string
	}{
		{"nothing", step{}, "", 0, ""},
		{"as wanted", step{want: []pattern{{text: "a"}, {re: regexp.MustCompile("^b+$")}}}, "a\r\n\nbb\n", 0, ""},
		{"exit code", step{code: 1}, "", 2, "exit code 2, want 1"},
		{"other line", step{want: []pattern{{text: "a"}}}, "b", 0, `line 1 of the output is not "a"`},
		{"line missing", step{want: []pattern{{text: "a"}, {text: "b"}}}, "a", 0, `line 2 of the output is not "b"`},
		{"line too many", step{}, "a", 0, "more output than the 0 lines wanted"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.step.compare(test.out, test.code); got != test.want {
				t.Errorf("compare = %q, want %q", got, test.want)
			}
		})
	}
}

// TestCases reads the files of cases: each case does something.
func TestCases(t *testing.T) {
	for _, e := range allEngines {
		s, err := e.suite(true)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.cases {
			if len(c.steps) == 0 {
				t.Errorf("%s: case %q is empty", e.name, c.title)
			}
		}
	}
}
