# Describes an image as JSON, from its layers' tars alone: python3 image.py oci:LAYOUT NAME | dir:DIRECTORY
# Gives {config, annotations, tree, layers, faults}. Nothing is unpacked: the tars are laid over each other in memory, so that owners, devices
# and attributes are seen as the image has them, whoever looks. `faults` are what an OCI layer must not contain.
import gzip, hashlib, io, json, os, posixpath, subprocess, sys, tarfile

KINDS = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.DIRTYPE: "directory", tarfile.SYMTYPE: "symlink",
         tarfile.CHRTYPE: "character", tarfile.BLKTYPE: "block", tarfile.FIFOTYPE: "fifo", tarfile.GNUTYPE_SPARSE: "file"}


def blob_of(source, name):
    kind, directory = source.split(":", 1)
    if kind == "dir":
        with open(os.path.join(directory, "manifest.json"), "rb") as file:
            return json.load(file), lambda digest: read(os.path.join(directory, digest.split(":")[1]))
    blob = lambda digest: read(os.path.join(directory, "blobs", *digest.split(":")))
    with open(os.path.join(directory, "index.json"), "rb") as file:
        named = [m for m in json.load(file)["manifests"] if m["annotations"]["org.opencontainers.image.ref.name"] == name]
    return json.loads(blob(named[0]["digest"])), blob


def read(path):
    with open(path, "rb") as file:
        return file.read()


def plain(data):
    if data[:2] == b"\x1f\x8b":
        return gzip.decompress(data)
    if data[:4] == b"\x28\xb5\x2f\xfd":
        return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=True).stdout
    return data


def describe(member, tar):
    kind = KINDS[member.type]
    entry = {"kind": kind, "mode": "%04o" % (member.mode & 0o7777), "owner": f"{member.uid}:{member.gid}", "mtime": int(member.mtime // 1)}
    xattrs = {key[len("SCHILY.xattr."):]: value.encode("utf-8", "surrogateescape").hex()
              for key, value in sorted(member.pax_headers.items()) if key.startswith("SCHILY.xattr.")}
    if xattrs:
        entry["xattrs"] = xattrs
    if kind == "file":
        data = tar.extractfile(member).read()
        entry.update(size=len(data), sha256=hashlib.sha256(data).hexdigest())
        if len(data) <= 4096:
            entry["content"] = data.decode("utf-8", "backslashreplace")
    if kind == "symlink":
        entry["target"] = member.linkname
    if kind in ("character", "block"):
        entry["device"] = f"{member.devmajor}:{member.devminor}"
    return entry


def lay_over(tree, layer, faults):
    """Changes tree, path -> entry, as the layer says. Hard links are one object under several paths."""
    tar = tarfile.open(fileobj=io.BytesIO(layer), mode="r:", encoding="utf-8", errors="surrogateescape")
    fresh = set()
    for member in tar:
        name = member.name
        path = posixpath.normpath(name).lstrip("/")
        parent, base = posixpath.split(path)
        if base == ".wh..wh..opq":
            for old in [p for p in tree if p.startswith(parent + "/") and p not in fresh]:
                del tree[old]
            continue
        if base.startswith(".wh."):
            gone = posixpath.join(parent, base[4:])
            if gone not in fresh and gone not in tree:
                faults.append(f"{name}: hides nothing")
            remove(tree, gone)
            continue
        if path in fresh:
            faults.append(f"{name}: twice in one layer")
        for above in ancestors(path):
            if above not in tree:
                tree[above] = {"kind": "directory", "mode": "0755", "owner": "0:0", "mtime": 0}
                faults.append(f"{name}: its directory {above} has no entry")
            elif tree[above]["kind"] != "directory":
                faults.append(f"{name}: {above} is no directory")
        if member.islnk():
            target = posixpath.normpath(member.linkname).lstrip("/")
            if target not in tree:
                faults.append(f"{name}: hard link to {target}, which is not there")
                continue
            if target not in fresh:
                faults.append(f"{name}: hard link to {target} of another layer")
            entry = tree[target]
        else:
            entry = describe(member, tar)
        if not (entry["kind"] == "directory" and tree.get(path, {}).get("kind") == "directory"):
            remove(tree, path)
        tree[path] = entry
        fresh.add(path)
    return tar.getmembers()


def ancestors(path):
    parts = path.split("/")[:-1]
    return ["/".join(parts[: n + 1]) for n in range(len(parts))]


def remove(tree, path):
    gone = tree.pop(path, None)
    if gone is not None and gone["kind"] == "directory":
        for old in [p for p in tree if p.startswith(path + "/")]:
            del tree[old]


def form_faults(members):
    """What oci-build promises of its own layers beyond what the specification asks for."""
    for member in members:
        if member.name.startswith("/") or member.name in (".", ""):
            yield f"{member.name}: is no name of a layer"
        if member.linkname.startswith("/") and member.islnk():
            yield f"{member.name}: hard link to an absolute path"
        if member.uname or member.gname:
            yield f"{member.name}: names its owner {member.uname}:{member.gname}"
        if member.mtime != int(member.mtime):
            yield f"{member.name}: has a time of fractions"
        if any(key in member.pax_headers for key in ("atime", "ctime")):
            yield f"{member.name}: has more times than one"


def listed(tree):
    groups = {}
    for path in sorted(tree):
        groups.setdefault(id(tree[path]), []).append(path)
    for path in sorted(tree):
        entry = dict(tree[path], path=path)
        group = groups[id(tree[path])]
        if len(group) > 1:
            entry["sameFileAs"] = group[0]
        yield entry


source, name = sys.argv[1], (sys.argv[2:] + [""])[0]
manifest, blob = blob_of(source, name)
config = json.loads(blob(manifest["config"]["digest"]))
tree, faults, layers = {}, [], []
for descriptor in manifest["layers"]:
    data = blob(descriptor["digest"])
    if hashlib.sha256(data).hexdigest() != descriptor["digest"].split(":")[1]:
        faults.append(f"{descriptor['digest']}: its bytes have another digest")
    layer = plain(data)
    diff_id = "sha256:" + hashlib.sha256(layer).hexdigest()
    mine = []
    members = lay_over(tree, layer, mine)
    layers.append({"diffId": diff_id, "faults": mine + list(form_faults(members))})
if [layer["diffId"] for layer in layers] != config["rootfs"]["diff_ids"]:
    faults.append("rootfs.diff_ids are not those of the layers")
json.dump({"config": config, "annotations": manifest.get("annotations", {}), "tree": list(listed(tree)), "layers": layers, "faults": faults}, sys.stdout)
