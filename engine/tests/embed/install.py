#!/usr/bin/env python3
"""An embedder's day: install the engine, build against it with CMake and with pkg-config, in C and in C++.

usage: install.py ROOT
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv[1]).resolve()
PROBE = '#include "tcprove/tcprove.h"\nint main(void) { struct tcpr_conn c; tcpr_conn_init(&c); return c.state; }\n'
FEATURES = """#include "tcprove/tcprove.h"
int main(void)
{
    struct tcpr_config config;
    tcpr_config_default(&config);
    config.controller = TCPR_CUBIC;
    bool cubic = tcpr_config_fault(&config) == NULL;
    return cubic || tcpr_features_built() != (TCPR_FEATURES_LEAST | TCPR_FEATURE_SACK);
}
"""
HOOK = 'TCPR_NORETURN void tcpr_assertion_failed(const char *c, const char *f, int l) { (void)c; (void)f; (void)l; for (;;) {} }\n'


def run(*command, **how):
    done = subprocess.run([str(word) for word in command], check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **how)
    if done.returncode != 0:
        raise AssertionError(f"{command}\n{done.stdout}")
    return done.stdout


class Embedder(unittest.TestCase):
    """One installation for all tests."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="tcprove-embed-")
        cls.path = pathlib.Path(cls.folder.name)
        cls.prefix = cls.path / "prefix"
        build = cls.path / "build"
        run("cmake", "-G", "Ninja", "-S", ROOT, "-B", build, "-DCMAKE_BUILD_TYPE=Release", "-DBUILD_TESTING=OFF",
            f"-DCMAKE_INSTALL_PREFIX={cls.prefix}")
        run("cmake", "--build", build, "--target", "tcprove_engine_archive")
        run("cmake", "--install", build, "--component", "engine")
        cls.flags = os.environ | {"PKG_CONFIG_PATH": str(cls.prefix / "lib" / "pkgconfig")}

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_archive__shows_no_name_but_tcpr(self):
        archive = next(self.prefix.rglob("libtcprove_engine.a"))
        names = run("nm", "-g", "--defined-only", "-P", archive).splitlines()
        names = [line.split()[0] for line in names if " " in line]
        self.assertIn("tcpr_segment_arrives", names)
        self.assertEqual([name for name in names if not name.startswith("tcpr_")], [])

    def test_cmake__examples_build_and_run_out_of_tree(self):
        source, build = self.path / "examples", self.path / "examples-build"
        run("cp", "-r", ROOT / "engine" / "examples", source)
        run("cmake", "-G", "Ninja", "-S", source, "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", build)
        self.assertIn("5 octets read; CLOSED, CLOSED", run(build / "example_talk"))

    def test_features__left_out_of_a_second_archive(self):
        build, prefix = self.path / "least-build", self.path / "least"
        run("cmake", "-G", "Ninja", "-S", ROOT, "-B", build, "-DCMAKE_BUILD_TYPE=MinSizeRel", "-DBUILD_TESTING=OFF",
            "-DTCPROVE_ENGINE_FEATURES=TCPR_FEATURES_LEAST|TCPR_FEATURE_SACK", "-DTCPROVE_ENGINE_CUBIC=OFF",
            f"-DCMAKE_INSTALL_PREFIX={prefix}")
        run("cmake", "--build", build, "--target", "tcprove_engine_archive")
        run("cmake", "--install", build, "--component", "engine")
        source, program = self.path / "features.c", self.path / "features"
        source.write_text(FEATURES + HOOK, encoding="utf-8")
        run("cc", "-I", prefix / "include", source, next(prefix.rglob("libtcprove_engine.a")), "-o", program)
        run(program)

    def compile_by_pkg_config(self, compiler, suffix, standard):
        flags = run("pkg-config", "--cflags", "--libs", "tcprove-engine", env=self.flags).split()
        source = self.path / f"probe{suffix}"
        hook = HOOK if suffix == ".c" else f'extern "C" {{ {HOOK} }}\n'
        source.write_text(PROBE + hook, encoding="utf-8")
        program = self.path / f"probe{suffix}.out"
        run(compiler, standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", source, *flags, "-o", program)
        run(program)

    def test_pkg_config__c11(self):
        self.compile_by_pkg_config("cc", ".c", "-std=c11")

    def test_pkg_config__cpp17(self):
        self.compile_by_pkg_config("c++", ".cpp", "-std=c++17")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
