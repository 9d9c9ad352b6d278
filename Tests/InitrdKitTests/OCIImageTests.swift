import Foundation
import InitrdKit
import TestSupport
import Testing

/// Container images as layers: OCI image layouts made by a small script, so that each can have its own fault.
@Suite struct OCIImageTests {
  private let folder: TemporaryFolder

  /// Makes an image layout `oci` with three layers: a base, one that removes and replaces, one with an opaque directory.
  private static let maker = """
    import hashlib, io, json, os, sys, tarfile, gzip
    os.makedirs('oci/blobs/sha256')
    def blob(data, media, **more):
        digest = hashlib.sha256(data).hexdigest()
        open('oci/blobs/sha256/' + digest, 'wb').write(data)
        return dict(mediaType=media, digest='sha256:' + digest, size=len(data), **more)
    def layer(*entries):
        out = io.BytesIO()
        tar = tarfile.open(fileobj=out, mode='w')
        for name, data in entries:
            info = tarfile.TarInfo(name)
            if data is None: info.type, info.mode = tarfile.DIRTYPE, 0o755
            elif data.startswith('->'): info.type, info.linkname = tarfile.SYMTYPE, data[2:]
            else: info.size, info.mode = len(data), 0o755
            tar.addfile(info, io.BytesIO(data.encode()) if data and not data.startswith('->') else None)
        tar.close()
        return blob(gzip.compress(out.getvalue(), mtime=0), 'application/vnd.oci.image.layer.v1.tar+gzip')
    layers = [
        layer(('etc', None), ('etc/a', 'one'), ('etc/b', 'one'), ('opt', None), ('opt/x', 'one'),
              ('opt/sub', None), ('opt/sub/y', 'one'), ('bin', '->usr/bin'), ('usr/bin', None), ('usr/bin/t', 'one')),
        layer(('etc/.wh.a', ''), ('etc/b', 'two'), ('etc/c', 'two'), ('usr/.wh.nothing', '')),
        layer(('opt/new', 'three'), ('opt/.wh..wh..opq', ''), ('opt/sub', None), ('etc/a', 'three')),
    ]
    def image(architecture):
        config = blob(json.dumps(dict(architecture=architecture, os='linux', config=dict(
            Entrypoint=['/usr/bin/t'], Cmd=['x'], Env=['A=b'], WorkingDir='/opt'))).encode(),
            'application/vnd.oci.image.config.v1+json')
        return blob(json.dumps(dict(schemaVersion=2, config=config, layers=layers)).encode(),
            'application/vnd.oci.image.manifest.v1+json',
            platform=dict(architecture=architecture, os='linux'))
    both = blob(json.dumps(dict(schemaVersion=2, manifests=[image('amd64'), image('arm64')])).encode(),
        'application/vnd.oci.image.index.v1+json', annotations={'org.opencontainers.image.ref.name': 'both'})
    one = image('amd64'); one['annotations'] = {'org.opencontainers.image.ref.name': 'one'}
    json.dump(dict(schemaVersion=2, manifests=[both, one]), open('oci/index.json', 'w'))
    json.dump(dict(imageLayoutVersion='1.0.0'), open('oci/oci-layout', 'w'))
    """

  init() throws {
    folder = try TemporaryFolder()
    try folder.write("make.py", Self.maker)
    try shell("python3 make.py")
  }

  private func shell(_ script: String) throws {
    let result = try run("bash", ["-ec", script], in: folder.url)
    #expect(result.status == 0, "\(result.errors)")
  }

  private func sysroot(_ reference: String) throws -> Sysroot {
    let parts = reference.split(separator: ":", maxSplits: 1)
    return try Sysroot(["\(parts[0]):\(folder.path(String(parts[1])))"], architecture: .x86_64)
  }

  private func text(_ path: String, in sysroot: Sysroot) throws -> String? {
    guard let file = try sysroot.openFile(path) else { return nil }
    return String(decoding: try file.contents(limit: 1 << 20), as: UTF8.self)
  }

  @Test(arguments: ["oci:oci:one", "oci:oci:both", "oci-archive:image.tar:one"])
  func layersAreAppliedWithTheirWhiteouts(reference: String) throws {
    try shell("tar -C oci -cf image.tar .")
    let sysroot = try sysroot(reference)
    // The second layer removes it, and the third one brings it back.
    #expect(try text("etc/a", in: sysroot) == "three")
    #expect(try text("etc/b", in: sysroot) == "two")
    #expect(try text("etc/c", in: sysroot) == "two")
    #expect(try text("bin/t", in: sysroot) == "one")
    #expect(try text("opt/x", in: sysroot) == nil)
    #expect(try text("opt/sub/y", in: sysroot) == nil)
    #expect(try text("opt/new", in: sysroot) == "three")
    #expect(try sysroot.entries("opt") == ["new", "sub"].map { Array($0.utf8) })
    #expect(try sysroot.entries("etc") == ["a", "b", "c"].map { Array($0.utf8) })
  }

  @Test func oldOutputOfDockerSaveIsRead() throws {
    try shell(
      """
      mkdir -p d/1; tar -C oci -cf d/1/layer.tar oci-layout; echo '{}' >d/c.json
      echo '[{"Config":"c.json","RepoTags":["app:1.0"],"Layers":["1/layer.tar"]}]' >d/manifest.json
      tar -C d -cf saved.tar .
      """)
    #expect(try text("oci-layout", in: sysroot("oci-archive:saved.tar")) != nil)
    #expect(try text("oci-layout", in: sysroot("oci-archive:saved.tar:1.0")) != nil)
    let error = #expect(throws: InitrdError.self) { try sysroot("oci-archive:saved.tar:2.0") }
    #expect(error?.code == .missing && error?.remedy?.contains("app:1.0") == true)
  }

  @Test(arguments: [
    ("true", "oci:oci", InitrdError.Code.ambiguous), ("true", "oci:oci:none", .missing),
    ("true", "oci:nothing", .missing),
    ("for f in oci/blobs/sha256/*; do printf x >>$f; done", "oci:oci:one", .malformed),
    ("rm oci/blobs/sha256/*", "oci:oci:one", .missing),
    ("echo '{' >oci/index.json", "oci:oci:one", .jsonSyntax),
    ("sed -i 's/sha256:/md5:/g' oci/index.json", "oci:oci:one", .notSupported),
    ("sed -i 's/sha256:..../sha256:..\\/./g' oci/index.json", "oci:oci:one", .malformed),
    ("rm oci/index.json", "oci:oci:one", .missing),
    ("rm -r oci; touch oci", "oci-archive:oci", .badInput),
  ])
  func faultyImageIsRefused(
    script: String, reference: String, code: InitrdError.Code
  ) throws {
    try shell(script)
    let error = #expect(throws: InitrdError.self) { try sysroot(reference) }
    #expect(error?.code == code, "\(String(describing: error))")
  }
}
