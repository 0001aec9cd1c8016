# Describes a directory tree as JSON, one object for each path, sorted: python3 tree.py DIRECTORY
# Run it in the user namespace whose ids are meant.
import collections, hashlib, json, os, stat, sys

KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFCHR: "character",
         stat.S_IFBLK: "block", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket"}


def describe(root, path, links):
    full = os.path.join(root, path)
    s = os.lstat(full)
    kind = KINDS[stat.S_IFMT(s.st_mode)]
    entry = {"path": path, "kind": kind, "mode": stat.S_IMODE(s.st_mode), "uid": s.st_uid, "gid": s.st_gid,
             "mtime": s.st_mtime_ns // 10**9,
             "xattrs": {name: os.getxattr(full, name, follow_symlinks=False).hex()
                        for name in sorted(os.listxattr(full, follow_symlinks=False)) if not name.startswith("user.overlay.")}}
    if kind == "file":
        with open(full, "rb") as file:
            entry.update(size=s.st_size, sha256=hashlib.file_digest(file, "sha256").hexdigest())
    if kind == "symlink":
        entry["target"] = os.readlink(full)
    if kind in ("character", "block"):
        entry["device"] = [os.major(s.st_rdev), os.minor(s.st_rdev)]
    if kind != "directory" and s.st_nlink > 1:
        # Named by the first path of the group, so that two trees are comparable.
        entry["sameFileAs"] = links.setdefault((s.st_dev, s.st_ino), path)
    return entry


def paths(root):
    yield "."
    for directory, directories, files in os.walk(root):
        for name in directories + files:
            yield os.path.relpath(os.path.join(directory, name), root)


links = {}
root = sys.argv[1]
entries = [describe(root, path, links) for path in sorted(paths(root))]
# A file whose other links were deleted or replaced in a higher layer is no group, though overlayfs still counts them.
groups = collections.Counter(entry.get("sameFileAs") for entry in entries)
for entry in entries:
    if groups[entry.get("sameFileAs")] == 1:
        del entry["sameFileAs"]
json.dump(entries, sys.stdout)
