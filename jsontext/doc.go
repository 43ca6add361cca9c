// Package jsontext reads and writes JSON (RFC 8259) without reflection.
//
// encoding/json learns the shape of every struct anew in each process, which
// costs a runtime that lives for a few milliseconds more than most of what it
// is started for. It also names no property in its syntax errors, takes names
// in any case, and bytes that are no UTF-8. Here, whoever knows a struct says
// which property goes where.
//
// It has no effects, and may import the standard library only.
package jsontext
