# Defines
#   signum_flags                              what every target of ours links privately
#   signum_harden_windows_binary(target)      link options of a DLL or program that users get

add_library(signum_flags INTERFACE)

target_include_directories(signum_flags INTERFACE
    ${CMAKE_SOURCE_DIR}/include
    ${CMAKE_BINARY_DIR}/include
    ${CMAKE_SOURCE_DIR}/ksp)

# Compiler options are for C only: windres takes the definitions and include folders, not these.
function(signum_c_options)
    foreach(option IN LISTS ARGN)
        target_compile_options(signum_flags INTERFACE "$<$<COMPILE_LANGUAGE:C>:${option}>")
    endforeach()
endfunction()

signum_c_options(
    -Wall -Wextra -Werror
    -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
    -Wpointer-arith -Wwrite-strings -Wformat=2 -Wvla -Wundef
    -Wenum-conversion -Wlogical-op -Wduplicated-cond
    -fstack-protector-strong -fno-common)

# The same bytes come out of any folder; the later of two matching prefixes wins.
signum_c_options(
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.
    -ffile-prefix-map=${CMAKE_BINARY_DIR}=build)

# Fortify needs an optimiser to work with. Not under the sanitizers, which see more.
if(NOT SIGNUM_SANITIZE)
    signum_c_options("$<$<NOT:$<CONFIG:Debug>>:-U_FORTIFY_SOURCE;-D_FORTIFY_SOURCE=2>")
endif()

if(SIGNUM_SANITIZE STREQUAL "thread")
    add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
    add_link_options(-fsanitize=thread)
elseif(SIGNUM_SANITIZE)
    add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=address,undefined)
endif()

if(WIN32)
    target_compile_definitions(signum_flags INTERFACE
        _WIN32_WINNT=0x0A00 WINVER=0x0A00 UNICODE _UNICODE __USE_MINGW_ANSI_STDIO=1)
    signum_c_options(-ffunction-sections -fdata-sections)
    # -fstack-protector-strong at link time too: it brings in the library behind __stack_chk_fail.
    target_link_options(signum_flags INTERFACE -static -static-libgcc -fstack-protector-strong)
else()
    include(CheckPIESupported)
    check_pie_supported(LANGUAGES C)
    set(CMAKE_POSITION_INDEPENDENT_CODE ON)
    target_compile_definitions(signum_flags INTERFACE _GNU_SOURCE)
    target_link_options(signum_flags INTERFACE LINKER:-z,relro LINKER:-z,now)
endif()

# ASLR, DEP, no time stamp, no unused code. Control Flow Guard is not here: GCC and binutils cannot emit it.
function(signum_harden_windows_binary target)
    if(NOT WIN32)
        return()
    endif()
    target_link_options(${target} PRIVATE
        LINKER:--dynamicbase LINKER:--nxcompat LINKER:--no-insert-timestamp
        LINKER:--gc-sections LINKER:--enable-stdcall-fixup -s)
    if(CMAKE_SIZEOF_VOID_P EQUAL 8)
        target_link_options(${target} PRIVATE LINKER:--high-entropy-va)
    else()
        target_link_options(${target} PRIVATE LINKER:--large-address-aware)
    endif()
endfunction()
