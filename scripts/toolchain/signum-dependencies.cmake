# The libraries of others, under the same names on both kinds of system:
#   signum::openssl  signum::curl  signum::cjson  signum::cmocka
# and for the service, on Linux only: signum::microhttpd  signum::gnutls (which it speaks TLS with)
#   signum::sqlite  signum::systemd  signum::archive  signum::pkcs11 (headers).
# Linux takes them from the distribution; Windows from DEPS_ROOT, which scripts/build.sh fills.

if(NOT WIN32)
    find_package(PkgConfig REQUIRED)
    find_package(Threads REQUIRED)
    foreach(pair IN ITEMS openssl:openssl curl:libcurl cjson:libcjson cmocka:cmocka
                          microhttpd:libmicrohttpd gnutls:gnutls sqlite:sqlite3
                          cjose:cjose systemd:libsystemd archive:libarchive)
        string(REPLACE ":" ";" pair ${pair})
        list(GET pair 0 name)
        list(GET pair 1 module)
        pkg_check_modules(signum_${name} REQUIRED IMPORTED_TARGET ${module})
        add_library(signum::${name} ALIAS PkgConfig::signum_${name})
    endforeach()
    # Only the header: a PKCS#11 module is loaded at run time, p11-kit itself is not linked.
    pkg_check_modules(signum_p11kit REQUIRED p11-kit-1)
    add_library(signum_pkcs11 INTERFACE)
    target_include_directories(signum_pkcs11 SYSTEM INTERFACE ${signum_p11kit_INCLUDE_DIRS})
    target_link_libraries(signum_pkcs11 INTERFACE ${CMAKE_DL_LIBS})
    add_library(signum::pkcs11 ALIAS signum_pkcs11)
    return()
endif()

if(NOT DEPS_ROOT OR NOT EXISTS ${DEPS_ROOT}/lib/libcurl.a)
    message(FATAL_ERROR "DEPS_ROOT does not name a folder with the built libraries: '${DEPS_ROOT}'. "
                        "scripts/build.sh makes it and passes it on.")
endif()

# Imported targets and not bare files: only so does CMake keep each library before those that it needs.
function(signum_import name file)
    cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "LIBS;DEFINES;INCLUDES")
    add_library(signum::${name} STATIC IMPORTED GLOBAL)
    set_target_properties(signum::${name} PROPERTIES
        IMPORTED_LOCATION ${DEPS_ROOT}/lib/${file}
        INTERFACE_INCLUDE_DIRECTORIES "${DEPS_ROOT}/include;${arg_INCLUDES}"
        INTERFACE_COMPILE_DEFINITIONS "${arg_DEFINES}"
        INTERFACE_LINK_LIBRARIES "${arg_LIBS}")
endfunction()

signum_import(crypto libcrypto.a LIBS ws2_32 crypt32 bcrypt advapi32)
signum_import(openssl libssl.a LIBS signum::crypto)
signum_import(curl libcurl.a LIBS signum::openssl iphlpapi DEFINES CURL_STATICLIB)
signum_import(cjson libcjson.a INCLUDES ${DEPS_ROOT}/include/cjson DEFINES CJSON_HIDE_SYMBOLS)
# By its full name: cmocka builds a DLL beside it.
signum_import(cmocka libcmocka-static.a)
