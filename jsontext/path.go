package jsontext

import "strconv"

// At is the path of an element of an array.
func At(path string, index int) string {
	return path + "[" + strconv.Itoa(index) + "]"
}

// Under is the path of a property, whose name may be anything when it is the
// key of a map.
func Under(path, name string) string {
	for _, b := range []byte(name) {
		if !plain(b) {
			return path + "[" + strconv.Quote(name) + "]"
		}
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// plain tells whether a byte can be in a name without quotes.
func plain(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '_' || b == '-'
}
