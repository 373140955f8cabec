// verify checks a Demur record with Go's own checksum-database code, golang.org/x/mod/sumdb:
// every checkpoint's signature, the root over all entries, an inclusion proof for each entry and a
// consistency proof from each published checkpoint, both from the record's tiles.
//
// It knows nothing of what the entries mean. On Debian:
//
//	apt-get install golang-1.19-go golang-golang-x-mod-dev
//	GO111MODULE=off GOPATH=/usr/share/gocode /usr/lib/go-1.19/bin/go run verify.go RECORD VKEYFILE
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: verify RECORD VKEYFILE")
		os.Exit(2)
	}
	if err := verify(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "FAILED:", err)
		os.Exit(1)
	}
}

// checkpoint is the size and root of a tree that the log has signed.
type checkpoint struct {
	size int64
	root tlog.Hash
}

func verify(record, vkeyFile string) error {
	vkey, err := os.ReadFile(vkeyFile)
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return fmt.Errorf("%s: %w", vkeyFile, err)
	}
	newest, err := open(filepath.Join(record, "checkpoint"), verifier)
	if err != nil {
		return err
	}
	if newest.size == 0 {
		return fmt.Errorf("the record is empty")
	}
	entries, err := readEntries(record, newest.size)
	if err != nil {
		return err
	}
	if err := checkRoot(entries, newest); err != nil {
		return err
	}
	tiles := tlog.TileHashReader(tlog.Tree{N: newest.size, Hash: newest.root}, tileReader{record})
	for i, entry := range entries {
		proof, err := tlog.ProveRecord(newest.size, int64(i), tiles)
		if err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
		if err := tlog.CheckRecord(proof, newest.size, newest.root, int64(i), tlog.RecordHash(entry)); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	history, err := readHistory(record, verifier)
	if err != nil {
		return err
	}
	for _, old := range history {
		proof, err := tlog.ProveTree(newest.size, old.size, tiles)
		if err != nil {
			return fmt.Errorf("history/%d: %w", old.size, err)
		}
		if err := tlog.CheckTree(proof, newest.size, newest.root, old.size, old.root); err != nil {
			return fmt.Errorf("history/%d: %w", old.size, err)
		}
	}
	fmt.Printf("verified with Go's sumdb: %d entries included, %d earlier checkpoints consistent, log %s\n",
		len(entries), len(history), verifier.Name())
	return nil
}

// open verifies a signed checkpoint.
func open(path string, verifier note.Verifier) (checkpoint, error) {
	var none checkpoint
	bytes, err := os.ReadFile(path)
	if err != nil {
		return none, err
	}
	signed, err := note.Open(bytes, note.VerifierList(verifier))
	if err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	lines := strings.Split(signed.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() || lines[3] != "" {
		return none, fmt.Errorf("%s: not a checkpoint of %s", path, verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return none, fmt.Errorf("%s: the hash is not 32 bytes in base64", path)
	}
	found := checkpoint{size: size}
	copy(found.root[:], root)
	return found, nil
}

func readHistory(record string, verifier note.Verifier) ([]checkpoint, error) {
	files, err := os.ReadDir(filepath.Join(record, "history"))
	if os.IsNotExist(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var history []checkpoint
	for _, file := range files {
		old, err := open(filepath.Join(record, "history", file.Name()), verifier)
		if err != nil {
			return nil, err
		}
		if strconv.FormatInt(old.size, 10) != file.Name() {
			return nil, fmt.Errorf("history/%s holds a checkpoint of size %d", file.Name(), old.size)
		}
		history = append(history, old)
	}
	sort.Slice(history, func(i, j int) bool { return history[i].size < history[j].size })
	return history, nil
}

// path is a tile's path in C2SP tlog-tiles: Go writes its height before the level.
func path(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
}

// readEntries reads all entry bundles: each entry has its length before it, 2 bytes big-endian.
func readEntries(record string, size int64) ([][]byte, error) {
	var entries [][]byte
	for n := int64(0); n*width < size; n++ {
		count := size - n*width
		if count > width {
			count = width
		}
		tile := tlog.Tile{H: height, L: 0, N: n, W: int(count)}
		name := strings.Replace(path(tile), "tile/0/", "tile/entries/", 1)
		bundle, err := os.ReadFile(filepath.Join(record, name))
		if err != nil {
			return nil, err
		}
		for i := int64(0); i < count; i++ {
			if len(bundle) < 2 {
				return nil, fmt.Errorf("%s ends within entry %d", name, n*width+i)
			}
			length := int(binary.BigEndian.Uint16(bundle))
			if len(bundle) < 2+length {
				return nil, fmt.Errorf("%s ends within entry %d", name, n*width+i)
			}
			entries = append(entries, bundle[2:2+length])
			bundle = bundle[2+length:]
		}
		if len(bundle) != 0 {
			return nil, fmt.Errorf("%s holds more than %d entries", name, count)
		}
	}
	return entries, nil
}

// hashes keeps all hashes of a tree in the order in which tlog stores them.
type hashes []tlog.Hash

func (h hashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	var found []tlog.Hash
	for _, i := range indexes {
		if i < 0 || i >= int64(len(h)) {
			return nil, fmt.Errorf("no hash %d", i)
		}
		found = append(found, h[i])
	}
	return found, nil
}

// checkRoot computes the root from the entries alone.
func checkRoot(entries [][]byte, newest checkpoint) error {
	var stored hashes
	for i, entry := range entries {
		more, err := tlog.StoredHashes(int64(i), entry, stored)
		if err != nil {
			return err
		}
		stored = append(stored, more...)
	}
	root, err := tlog.TreeHash(newest.size, stored)
	if err != nil {
		return err
	}
	if root != newest.root {
		return fmt.Errorf("the entries have the root %v, the checkpoint says %v", root, newest.root)
	}
	return nil
}

// tileReader reads the record's hash tiles; tlog checks them against the checkpoint.
type tileReader struct{ record string }

func (r tileReader) Height() int { return height }

func (r tileReader) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		bytes, err := os.ReadFile(filepath.Join(r.record, path(tile)))
		if err != nil {
			return nil, err
		}
		if len(bytes) != tile.W*tlog.HashSize {
			return nil, fmt.Errorf("%s has %d bytes", path(tile), len(bytes))
		}
		found = append(found, bytes)
	}
	return found, nil
}

func (r tileReader) SaveTiles([]tlog.Tile, [][]byte) {}
