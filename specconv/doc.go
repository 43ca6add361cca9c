// Package specconv turns config.json into a checked configuration.
//
// It reads config.json and nothing else of the host: what depends on the
// machine is a parameter (Host). Parse reports every violation of the
// runtime specification at once, each with its place in config.json, before
// anything is done. The tables of names the runtime knows are here, and feed
// the parser and `rt features` alike.
//
// It needs no privilege, and may import the standard library, x/sys/unix,
// runtime-spec and jsontext only.
package specconv
