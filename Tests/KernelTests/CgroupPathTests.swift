import Sockets
import Testing

@testable import Kernel

@Suite("the unit and the container in a cgroup path")
struct CgroupPathTests {
    private static let id = "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970"
    private static let other = "9ec39b91f3d70e1beff50a308f77067065ea6be0d91a3378375056cd4422cf3d"
    private static let pod = "9692aa0e-748e-11e8-8dfa-76d458035df6"
    private static let podInUnit = "9692aa0e_748e_11e8_8dfa_76d458035df6"

    @Test(
        "a path without a container",
        arguments: [
            ("/", nil), ("/init.scope", "init.scope"),
            ("/system.slice/nginx.service", "nginx.service"),
            ("/system.slice/system-postgresql.slice/postgresql@16-main.service", "postgresql@16-main.service"),
            ("/system.slice/system-postgresql.slice", nil),
            ("/system.slice/web.service/workers", "web.service"),
            ("/user.slice/user-1000.slice/session-3.scope", "session-3.scope"),
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", "foo.service"),
            // Restarting a user's manager would end the whole session.
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-8.scope", "app-firefox-8.scope"),
            ("/user.slice/user-1000.slice/user@1000.service/init.scope", "init.scope"),
            ("/user.slice/user-1000.slice/user@1000.service", nil),
            // Beside a container: its monitor, and a virtual machine.
            ("/machine.slice/libpod-conmon-\(id).scope", "libpod-conmon-\(id).scope"),
            ("/system.slice/crio-conmon-\(id).scope", "crio-conmon-\(id).scope"),
            ("/system.slice/web.service/runtime", "web.service"),
            ("/lxc.monitor.web", nil),
            ("/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator", "machine-qemu\\x2d1\\x2dvm.scope"),
            ("/machine.slice/systemd-nspawn@web.service/supervisor", "systemd-nspawn@web.service"),
            // Outside of our own cgroup namespace.
            ("/../../system.slice/ssh.service", "ssh.service"),
        ] as [(String, String?)])
    func withoutContainer(path: String, unit: String?) {
        let cgroup = CgroupPath(path: path)
        #expect(cgroup.path == path)
        #expect(cgroup.unit == unit)
        #expect(cgroup.container == nil)
    }

    @Test(
        "a unit of a user's own manager knows the user",
        arguments: [
            ("/user.slice/user-1000.slice/user@1000.service/app.slice/foo.service", 1000),
            ("/user.slice/user-1000.slice/session-3.scope", nil), ("/system.slice/nginx.service", nil),
            ("/user.slice/user-1000.slice/user@1000.service", nil), ("/user@x.service/foo.service", nil),
        ] as [(String, UInt32?)])
    func user(path: String, user: UInt32?) {
        #expect(CgroupPath(path: path).unitUser == user)
    }

    @Test(
        "a container and the unit above it",
        arguments: [
            ("/docker/\(id)", .docker, id, nil),
            ("/docker/\(id)/init", .docker, id, nil),
            ("/system.slice/docker-\(id).scope", .docker, id, nil),
            ("/system.slice/docker-\(id).scope/init", .docker, id, nil),
            // A service of the container's own systemd is none of the host's.
            ("/system.slice/docker-\(id).scope/system.slice/nginx.service", .docker, id, nil),
            // Rootless.
            ("/user.slice/user-1000.slice/user@1000.service/user.slice/docker-\(id).scope", .docker, id, nil),
            ("/system.slice/nerdctl-\(id).scope", .containerd, id, nil),
            ("/default/\(id)", .unknown, id, nil),
            ("/machine.slice/libpod-\(id).scope", .podman, id, nil),
            ("/machine.slice/libpod-\(id).scope/container", .podman, id, nil),
            ("/machine.slice/machine-libpod_pod_\(other).slice/libpod-\(id).scope/container", .podman, id, nil),
            ("/libpod_parent/libpod-\(id)", .podman, id, nil),
            // Quadlet: `--cgroups=split`.
            ("/system.slice/web.service/libpod-payload-\(id)", .podman, id, "web.service"),
            ("/lxc.payload.web-1/system.slice/nginx.service", .lxc, "web-1", nil),
            ("/lxc.payload/web/init.scope", .lxc, "web", nil),
            ("/lxc/100/ns/init.scope", .lxc, "100", nil),
            ("/user.slice/user-0.slice/session-1.scope/lxc.payload.web", .lxc, "web", "session-1.scope"),
            ("/machine.slice/machine-lxc\\x2d4711\\x2dweb.scope", .lxc, "lxc-4711-web", nil),
            ("/machine.slice/machine-web.scope/payload/init.scope", .nspawn, "web", nil),
            ("/machine.slice/machine-web\\x2d1.scope", .nspawn, "web-1", nil),
            (
                "/machine.slice/systemd-nspawn@web\\x2d1.service/payload/system.slice/nginx.service", .nspawn, "web-1",
                "systemd-nspawn@web\\x2d1.service"
            ),
            // A container in a container: the innermost.
            ("/lxc.payload.host/system.slice/docker-\(id).scope", .docker, id, nil),
            ("/docker/\(other)/docker/\(id)", .docker, id, nil),
        ] as [(String, Container.Runtime, String, String?)])
    func container(path: String, runtime: Container.Runtime, id: String, unit: String?) {
        let cgroup = CgroupPath(path: path)
        #expect(cgroup.container == Container(runtime: runtime, id: id, pod: nil))
        #expect(cgroup.unit == unit)
    }

    @Test(
        "a container of a Kubernetes pod",
        arguments: [
            ("/kubepods/burstable/pod\(pod)/\(id)", .unknown, pod, nil),
            ("/kubepods/besteffort/pod\(pod)/\(id)", .unknown, pod, nil),
            ("/kubepods/pod\(pod)/\(id)", .unknown, pod, nil),
            ("/kubepods/burstable/pod\(pod)/crio-\(id)", .crio, pod, nil),
            (
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(podInUnit).slice/cri-containerd-\(id).scope",
                .containerd, pod, nil
            ),
            (
                "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod\(podInUnit).slice/docker-\(id).scope",
                .docker, pod, nil
            ),
            ("/kubepods.slice/kubepods-pod\(podInUnit).slice/crio-\(id).scope/container", .crio, pod, nil),
            // A static pod has a hash for its UID.
            (
                "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod36b6d6be73b1065af369b3985edafa09.slice/"
                    + "cri-containerd-\(id).scope", .containerd, "36b6d6be73b1065af369b3985edafa09", nil
            ),
            // The kubelet asks for systemd, the runtime makes folders.
            (
                "/system.slice/containerd.service/kubepods-burstable-pod\(podInUnit).slice:cri-containerd:\(id)",
                .containerd, pod, "containerd.service"
            ),
            ("/kubepods-besteffort-pod\(podInUnit).slice:cri-containerd:\(id)", .containerd, pod, nil),
            // kind: the node is a container itself.
            (
                "/docker/\(other)/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/"
                    + "kubelet-kubepods-besteffort-pod\(podInUnit).slice/cri-containerd-\(id).scope",
                .containerd, pod, nil
            ),
        ] as [(String, Container.Runtime, String, String?)])
    func kubernetes(path: String, runtime: Container.Runtime, pod: String, unit: String?) {
        let cgroup = CgroupPath(path: path)
        #expect(cgroup.container == Container(runtime: runtime, id: Self.id, pod: pod))
        #expect(cgroup.unit == unit)
    }

    @Test(
        "what only looks like a container is none",
        arguments: [
            "", "//", "/docker", "/docker/", "/docker/web", "/docker/\(id.dropLast())", "/docker/\(id)0",
            "/docker/\(id.uppercased())", "/docker-.scope", "/docker-\(id.dropLast())g.scope", "/lxc", "/lxc/",
            "/lxc.payload.", "/machine.slice/machine-.scope", "/machine.slice/machine-a\\xzz.scope",
            "/machine.slice/machine-a\\x2.slice", "/machine.slice/@.service/payload", "/payload",
            "/machine.slice/payload", "/kubepods/podx", "/kubepods/burstable/pod\(pod)", "/a:b:c", "/::", "/:::",
            "/.scope.slice", String(repeating: "/a", count: 4000), String(repeating: "é", count: 32),
        ])
    func hostile(path: String) {
        let cgroup = CgroupPath(path: path)
        #expect(cgroup.container == nil)
        #expect(cgroup.path == path)
    }

    @Test(
        "a pod's UID is a UUID or a hash, and nothing else",
        arguments: ["pod", "podx", "pod\(pod)0", "pod\(pod.dropLast())g"])
    func podUID(part: String) {
        let cgroup = CgroupPath(path: "/kubepods/\(part)/\(Self.id)")
        #expect(cgroup.container == Container(runtime: .unknown, id: Self.id, pod: nil))
    }

    @Test(
        "the line of /proc/PID/cgroup that tells most",
        arguments: [
            // v2
            ("0::/system.slice/nginx.service\n", "/system.slice/nginx.service"),
            ("0::/\n", "/"),
            ("1:name=systemd:/\n0::/user.slice\n", "/user.slice"),
            // v1
            ("4:memory:/x\n1:name=systemd:/system.slice/nginx.service\n", "/system.slice/nginx.service"),
            // Both: docker leaves the unified hierarchy at the service that started it.
            (
                "9:pids:/docker/\(id)\n1:name=systemd:/docker/\(id)\n0::/system.slice/containerd.service\n",
                "/docker/\(id)"
            ),
            // v1 without systemd
            ("3:cpuset:/\n2:cpu:/docker/\(id)\n1:memory:/docker/\(id)\n", "/docker/\(id)"),
            ("2:cpuset:/\n1:memory:/\n", "/"),
            // Colons belong to the path.
            (
                "1:name=systemd:/x.slice:cri-containerd:\(id)\n", "/x.slice:cri-containerd:\(id)"
            ),
            ("0::/system.slice/gone.service (deleted)\n", "/system.slice/gone.service"),
        ])
    func file(text: String, path: String) {
        #expect(CgroupPath(file: Array(text.utf8)) == CgroupPath(path: path))
    }

    @Test(
        "a file without a path is nothing",
        arguments: ["", "\n\n", "0", "0:", "0:/", "nothing here", "::", "0::", "0::system.slice", "1:name=systemd:"])
    func emptyFile(text: String) {
        #expect(CgroupPath(file: Array(text.utf8)) == nil)
    }
}
