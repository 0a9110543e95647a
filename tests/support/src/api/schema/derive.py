#!/usr/bin/env python3
"""Derives the *.types tables of this folder from the Go types of the Kubernetes and OpenShift APIs.

    derive.py VENDOR OUT

VENDOR is a Go vendor folder that holds k8s.io/api, k8s.io/apimachinery and github.com/openshift/api;
OUT is this folder. Only the JSON name, the type, the list and map markers, the patch tags, "is left
out when empty", the defaults of list keys and the protobuf numbers are taken; the format is described in mod.rs.
"""

import os
import re
import sys

VENDOR, OUT = sys.argv[1:3]
OS = "github.com/openshift/api/"
FILES = {
    "meta": ["k8s.io/apimachinery/pkg/apis/meta/v1/types.go"],
    "core": ["k8s.io/api/core/v1/types.go"],
    "apps": ["k8s.io/api/apps/v1/types.go"],
    "batch": ["k8s.io/api/batch/v1/types.go"],
    "rbac": ["k8s.io/api/rbac/v1/types.go"],
    "authorization": ["k8s.io/api/authorization/v1/types.go"],
    "authentication": ["k8s.io/api/authentication/v1/types.go"],
    "osapps": [OS + "apps/v1/types.go"],
    "build": [OS + "build/v1/types.go"],
    "image": [OS + "image/v1/types.go"],
    "route": [OS + "route/v1/types.go"],
    "project": [OS + "project/v1/types.go"],
    "user": [OS + "user/v1/types.go"],
    "config": [OS + "config/v1/"],
    "opv1": [OS + "operator/v1/types.go"],
    "opv1alpha1": [OS + "operator/v1alpha1/"],
    "mco": [OS + "machineconfiguration/v1/types.go"],
}
ROOTS = {
    "core": "Namespace Pod Secret ServiceAccount ConfigMap Service Event Node ReplicationController",
    "apps": "Deployment StatefulSet DaemonSet ReplicaSet",
    "batch": "Job CronJob",
    "rbac": "Role RoleBinding ClusterRole ClusterRoleBinding",
    "authorization": "SelfSubjectAccessReview",
    "authentication": "SelfSubjectReview",
    "osapps": "DeploymentConfig",
    "build": "BuildConfig Build BuildRequest",
    "image": "ImageStream Image ImageStreamTag ImageStreamImport",
    "route": "Route",
    "project": "Project",
    "user": "User",
    "config": "Image Proxy ClusterVersion ClusterOperator Infrastructure ImageDigestMirrorSet"
    " ImageTagMirrorSet ImagePolicy ClusterImagePolicy",
    "opv1alpha1": "ImageContentSourcePolicy",
    "mco": "MachineConfigPool",
}
# Which table an import alias means, by the table that uses it.
ALIAS = {"metav1": "meta", "corev1": "core", "configv1": "config", "operatorv1": "opv1", "opv1": "opv1"}
SCALARS = {
    "string": "string", "bool": "bool", "int": "int", "int32": "int", "int64": "int", "uint32": "int",
    "float64": "number", "byte": "byte", "interface{}": "any", "any": "any",
    "types.UID": "string", "intstr.IntOrString": "intstr", "resource.Quantity": "quantity",
    "runtime.RawExtension": "any", "metav1.Time": "time", "metav1.MicroTime": "time",
    "metav1.Duration": "duration", "time.Duration": "int", "metav1.FieldsV1": "any", "kruntime.RawExtension": "any",
    "apiextensionsv1.JSON": "any",
}

structs, aliases = {}, {}


def parse(table, path):
    notes, name, fields, kind = [], None, None, None
    in_block = False
    for raw in open(path, encoding="utf-8"):
        line = raw.strip()
        if in_block:
            in_block = "*/" not in line
            continue
        if line.startswith("/*"):
            in_block = "*/" not in line
            continue
        if line.startswith("//"):
            notes.append(line.lstrip("/").strip())
            continue
        if not line:
            if fields is None:
                notes = []
            continue
        if fields is None:
            found = re.match(r"type (\w+) struct\s*{(})?", line)
            if found:
                name, fields, kind = found.group(1), [], notes
                if found.group(2):
                    structs[table, name], fields = (kind, []), None
            else:
                found = re.match(r"type (\w+) =?\s*(\S+)$", line)
                if found:
                    aliases[table, found.group(1)] = found.group(2)
            notes = []
            continue
        if line == "}":
            structs[table, name] = (kind, fields)
            fields, notes = None, []
            continue
        found = re.match(r"(?:(\w+)\s+)?([\w.*\[\]{}]+)\s+`(.*)`", line)
        if found:
            fields.append((found.group(2), found.group(3), notes))
        notes = []


def resolve(table, go):
    """The Go type in the notation of the tables, and the marker of an atomic struct or map."""
    go = go.lstrip("*")
    if go == "[]byte":
        return "bytes"
    if go.startswith("[]"):
        return "[" + resolve(table, go[2:]) + "]"
    found = re.match(r"map\[[^]]+\](.*)", go)
    if found:
        return "{" + resolve(table, found.group(1)) + "}"
    if go in SCALARS:
        return SCALARS[go]
    if table == "meta" and "metav1." + go in SCALARS:
        return SCALARS["metav1." + go]
    if "." in go:
        alias, go = go.split(".")
        table = ALIAS.get(alias, "core" if alias == "v1" else alias)
    if (table, go) in aliases:
        return resolve(table, aliases[table, go])
    if (table, go) in structs:
        return table + "." + go
    raise SystemExit(f"unknown type {table} {go}")


def marker(notes, key):
    return [n[len(key) + 2 :].strip('"') for n in notes if n.startswith(f"+{key}=")]


def rows(table, name, prefix=""):
    for go, tag, notes in structs[table, name][1]:
        json = re.search(r'json:"([^"]*)"', tag)
        if not json or json.group(1) == "-":
            continue
        field = json.group(1).split(",")[0]
        kind = resolve(table, go)
        number = re.search(r'protobuf:"\w+,(\d+),', tag)
        number = prefix + number.group(1) if number else ""
        if not field:
            if kind == "meta.TypeMeta":
                yield "apiVersion", "string", ""
                yield "kind", "string", ""
            else:
                yield from rows(*kind.split("."), number + "." if number else "")
            continue
        options = []
        strategy = re.search(r'patchStrategy:"([^"]*)"', tag)
        key = re.search(r'patchMergeKey:"([^"]*)"', tag)
        lists = marker(notes, "listType")
        keys = marker(notes, "listMapKey")
        if kind.startswith("["):
            if lists == ["map"]:
                options.append("map=" + ",".join(sorted(keys)))
            elif lists == ["set"]:
                options.append("set")
            elif not lists and strategy and "merge" in strategy.group(1):
                options.append("map=" + key.group(1) if key else "set")
        elif "atomic" in marker(notes, "mapType") + marker(notes, "structType"):
            options.append("atomic")
        if strategy:
            words = strategy.group(1).split(",")
            if "merge" in words:
                options.append("merge" + ("=" + key.group(1) if key else ""))
            options += [w for w in words if w in ("retainKeys", "replace")]
        default = marker(notes, "default")
        if kind == "string" and field == "protocol" and default:
            options.append("default=" + default[0])
        pointer = go.startswith("*") or (kind.count(".") and kind[0] not in "[{")
        if "omitempty" in json.group(1) and not pointer:
            options.append("omit")
        if number:
            options.append("@" + number)
        yield field, kind, " ".join(options)


for table, paths in FILES.items():
    for path in paths:
        full = os.path.join(VENDOR, path)
        if path.endswith("/"):
            for name in sorted(os.listdir(full)):
                if name.startswith("types"):
                    parse(table, full + name)
        else:
            parse(table, full)

seen, todo = {}, [(t, n) for t, names in ROOTS.items() for n in names.split()]
while todo:
    table, name = todo.pop()
    if (table, name) in seen:
        continue
    seen[table, name] = list(rows(table, name))
    for _, kind, _ in seen[table, name]:
        inner = kind.strip("[]{}")
        if "." in inner:
            todo.append(tuple(inner.split(".")))

for table in FILES:
    names = sorted(n for t, n in seen if t == table)
    if not names:
        continue
    with open(os.path.join(OUT, table + ".types"), "w", encoding="utf-8") as out:
        out.write(f"# {FILES[table][0]}\n")
        for name in names:
            notes = structs[table, name][0]
            atomic = "atomic" in marker(notes, "structType") + marker(notes, "mapType")
            out.write(f"{table}.{name}{' atomic' if atomic else ''}\n")
            for row in seen[table, name]:
                out.write("  " + " ".join(filter(None, row)) + "\n")
