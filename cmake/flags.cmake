# Warnings and hardening for every file; instruction-set flags are per kernel file only.
add_library(rw_flags INTERFACE)
target_compile_options(rw_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wdouble-promotion
  -Wfloat-conversion -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wvla
  -Wcast-qual -Wwrite-strings -Wundef -Wformat=2 -Wnull-dereference -Wswitch-enum
  -Werror=switch -ffp-contract=off -fno-fast-math -fno-math-errno)
if(CMAKE_C_COMPILER_ID MATCHES "Clang")
  # clang counts the float constants NAN and INFINITY and the arithmetic of enum sizes; gcc has
  # -Wdouble-promotion for the rest. Long literals inside lists of strings are split by the
  # formatter, which clang takes for a lost comma.
  target_compile_options(rw_flags INTERFACE -Wno-double-promotion -Wno-enum-float-conversion
    -Wno-string-concatenation)
endif()
if(RW_WERROR)
  target_compile_options(rw_flags INTERFACE -Werror)
endif()
if(RW_SANITIZE)
  target_compile_options(rw_flags INTERFACE -fsanitize=${RW_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(rw_flags INTERFACE -fsanitize=${RW_SANITIZE})
else()
  target_compile_options(rw_flags INTERFACE -fstack-protector-strong)
  if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(rw_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
endif()
