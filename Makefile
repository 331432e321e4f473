# Thin targets: what they do stands in the scripts.

CARGO ?= cargo
PREFIX ?= /usr/local
export CARGO PREFIX BINDIR LIBDIR INCLUDEDIR MANDIR DOCDIR DESTDIR FEATURES TARGET

.PHONY: help demo test test-languages check check-machines lint msrv bench bench-smoke build install uninstall deb dist dist-all wheel abi reproducible sbom docs header third-party lock update release-check locked clean

help:
	@echo "make demo          builds, and logs in to a sandbox from C"
	@echo "make test          runs every test, the long ones on samples"
	@echo "make test-languages runs the tests of the packages for other languages (bindings/)"
	@echo "make check         runs the long ones whole, and writes docs/testing.md"
	@echo "make check-machines builds and tries it for other machines (MACHINES: names), and writes docs/platforms.md"
	@echo "make lint          checks format, lints, documentation, dependencies, and what is generated"
	@echo "make msrv          compiles with the oldest Rust that Cargo.toml promises, and runs the unit tests"
	@echo "make bench         measures, side by side with libcurl, and writes docs/benchmarks.md"
	@echo "make bench-smoke   counts alone, in less than a minute"
	@echo "make build         builds the library for release"
	@echo "make install       builds and installs it (PREFIX, BINDIR, LIBDIR, INCLUDEDIR, MANDIR, DOCDIR, DESTDIR, FEATURES, TARGET)"
	@echo "make uninstall     removes exactly that"
	@echo "make deb           makes Debian packages, in target/deb"
	@echo "make dist          makes an archive for every Linux from 2012 on, in target"
	@echo "make dist-all      makes that archive, and Debian packages of its library, for x86-64, i686 and aarch64"
	@echo "make wheel         makes the Python package with that library inside, in target/wheels"
	@echo "make abi           renews abi/ after an addition to the interface"
	@echo "make reproducible  builds it in two folders, and compares"
	@echo "make sbom          writes what is in the library: target/personr.cdx.json (CycloneDX)"
	@echo "make docs          makes the reference of the headers as pages, in target/docs"
	@echo "make header        renews include/personr.h and what is made from it (tools/src/generated.rs)"
	@echo "make third-party   renews THIRD-PARTY.md: the licences and notices of what is linked in"
	@echo "make lock          takes a change of Cargo.toml over into the list of versions: packaging/Cargo.lock.in"
	@echo "make update        lists the newest versions that Cargo.toml allows"
	@echo "make release-check checks what a machine can check of RELEASE.md"
	@echo "make clean         removes what was built"

# Cargo.lock, from the list of versions.
locked:
	@sh packaging/lock.sh restore

demo test test-languages check check-machines lint bench bench-smoke build deb dist dist-all wheel abi reproducible sbom header third-party: locked

demo:
	@sh examples-c/demo.sh

test:
	@sh tests/run.sh

test-languages:
	@sh bindings/run.sh

check:
	@sh tests/check.sh

check-machines:
	@sh tests/machines.sh $(MACHINES)

lint:
	@sh tests/lint.sh

msrv:
	@sh tests/msrv.sh

bench:
	@sh benches/run.sh

bench-smoke:
	@sh benches/run.sh --smoke

build:
	@sh packaging/build.sh

# A library that is built already, from these sources, is installed as it is: root needs no toolchain.
install:
	@sh packaging/install.sh is-current || $(MAKE) build
	@sh packaging/install.sh install

uninstall:
	@sh packaging/install.sh uninstall

deb:
	@sh packaging/deb.sh

dist:
	@sh packaging/dist.sh

dist-all:
	@sh packaging/dist-all.sh

wheel:
	@sh bindings/python/wheel.sh

abi:
	@sh packaging/abi.sh renew

reproducible:
	@sh packaging/reproducible.sh

sbom:
	@sh packaging/sbom.sh

docs:
	@sh packaging/docs.sh

header:
	PERSONR_UPDATE=1 $(CARGO) test --locked --quiet --test interface -- --exact header::what_is_made_from_the_sources_is_up_to_date

third-party:
	PERSONR_UPDATE=1 $(CARGO) test --locked --quiet --test packaging -- --exact third_party::the_page_is_up_to_date

lock:
	@sh packaging/lock.sh extend
	@$(MAKE) third-party

update:
	@sh packaging/lock.sh renew
	@$(MAKE) third-party

release-check:
	@sh packaging/release-check.sh

clean:
	$(CARGO) clean
	rm -rf fuzz/target fuzz/work fuzz/artifacts
