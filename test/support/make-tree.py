# Makes directory trees with what git does not keep: python3 make-tree.py DIRECTORY < TREE.json
# TREE.json is an object, path -> entry. A string is a file's content; a path that ends in / is a directory. Other entries are objects:
#   content | hex | copies ("x" * n as [text, n])   a file            symlink: TARGET    hardlink: PATH (of this tree)
#   fifo, socket, device: "c 1 3"                                      archive: "tar.gz", entries: {...}  (also tar, tar.bz2, tar.xz, tar.zst)
# and, for each of them, mode (octal text), uid, gid, mtime, xattrs: {name: text}. Unless told otherwise entries belong to 1000:1000 and
# are of September 2020, so that a test sees what a builder changes.
import bz2, gzip, io, json, lzma, os, socket, subprocess, sys, tarfile

TIME = 1600000000


def data_of(entry):
    if isinstance(entry, str):
        return entry.encode()
    if "archive" in entry:
        return archive(entry["archive"], entry["entries"])
    if "hex" in entry:
        return bytes.fromhex(entry["hex"])
    if "copies" in entry:
        text, count = entry["copies"]
        return text.encode() * count
    return entry.get("content", "").encode()


def archive(form, entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path, entry in entries.items():
            add_member(tar, path, entry if isinstance(entry, dict) else {"content": entry})
    data = out.getvalue()
    if form == "tar.gz":
        return gzip.compress(data, mtime=0)
    if form == "tar.bz2":
        return bz2.compress(data)
    if form == "tar.xz":
        return lzma.compress(data)
    if form == "tar.zst":
        return subprocess.run(["zstd", "-cq"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def add_member(tar, path, entry):
    info = tarfile.TarInfo(path)
    info.uid, info.gid, info.mtime = entry.get("uid", 1000), entry.get("gid", 1000), entry.get("mtime", TIME)
    info.mode = int(entry.get("mode", "0755" if path.endswith("/") else "0644"), 8)
    info.pax_headers = {f"SCHILY.xattr.{name}": value for name, value in entry.get("xattrs", {}).items()}
    data = b""
    if path.endswith("/"):
        info.type = tarfile.DIRTYPE
    elif "symlink" in entry:
        info.type, info.linkname = tarfile.SYMTYPE, entry["symlink"]
    elif "hardlink" in entry:
        info.type, info.linkname = tarfile.LNKTYPE, entry["hardlink"]
    elif "fifo" in entry:
        info.type = tarfile.FIFOTYPE
    else:
        data = data_of(entry)
        info.size = len(data)
    tar.addfile(info, io.BytesIO(data))


def make(root, path, entry):
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full.rstrip("/")), exist_ok=True)
    entry = entry if isinstance(entry, dict) else {"content": entry}
    if path.endswith("/"):
        os.makedirs(full, exist_ok=True)
    elif "symlink" in entry:
        os.symlink(entry["symlink"], full)
    elif "hardlink" in entry:
        os.link(os.path.join(root, entry["hardlink"]), full)
        return
    elif "fifo" in entry:
        os.mkfifo(full)
    elif "socket" in entry:
        socket.socket(socket.AF_UNIX).bind(full)
    elif "device" in entry:
        kind, major, minor = entry["device"].split()
        os.mknod(full, {"c": 0o020000, "b": 0o060000}[kind] | 0o600, os.makedev(int(major), int(minor)))
    else:
        with open(full, "wb") as file:
            file.write(data_of(entry))


def dress(root, path, entry):
    full = os.path.join(root, path)
    entry = entry if isinstance(entry, dict) else {}
    if "hardlink" in entry:
        return
    # The order matters: changing the owner clears set-id bits and capabilities.
    os.lchown(full, entry.get("uid", 1000), entry.get("gid", 1000))
    for name, value in entry.get("xattrs", {}).items():
        os.setxattr(full, name, value.encode(), follow_symlinks=False)
    if "symlink" not in entry:
        os.chmod(full, int(entry.get("mode", "0755" if os.path.isdir(full) else "0644"), 8))
    os.utime(full, (entry.get("mtime", TIME),) * 2, follow_symlinks=False)


root = sys.argv[1]
entries = json.load(sys.stdin)
for path, entry in entries.items():
    make(root, path, entry)
named = {path.rstrip("/"): entry for path, entry in entries.items()}
for directory, directories, files in os.walk(root, topdown=False):
    for name in directories + files:
        path = os.path.relpath(os.path.join(directory, name), root)
        if not os.path.islink(os.path.join(root, path)) and os.path.isdir(os.path.join(root, path)) or path in named:
            dress(root, path, named.get(path, {}))
dress(root, ".", named.get(".", {}))
