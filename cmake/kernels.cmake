# One file per instruction set, each with its own flags; the choice is made at run time.
set(RW_KERNEL_OBJECTS "")
# Contraction is allowed where the target has fused operations: NEON does, SSE2 does not.
set_source_files_properties(src/kernel/kernel_generic.c PROPERTIES COMPILE_OPTIONS "-O3;-ffp-contract=fast")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  foreach(isa avx2 avx512)
    add_library(rw_kernel_${isa} OBJECT src/kernel/kernel_${isa}.c)
    target_include_directories(rw_kernel_${isa} PRIVATE include src)
    target_link_libraries(rw_kernel_${isa} PRIVATE rw_flags)
    list(APPEND RW_KERNEL_OBJECTS $<TARGET_OBJECTS:rw_kernel_${isa}>)
  endforeach()
  # Products may be fused with sums here, and only here. The source's options come after those of rw_flags,
  # which forbid it: the last of two counts.
  set_source_files_properties(src/kernel/kernel_avx2.c PROPERTIES COMPILE_OPTIONS
    "-O3;-mavx2;-mfma;-ffp-contract=fast")
  set_source_files_properties(src/kernel/kernel_avx512.c PROPERTIES COMPILE_OPTIONS
    "-O3;-mavx512f;-mavx512dq;-mavx512bw;-mavx512vl;-mfma;-mprefer-vector-width=512;-ffp-contract=fast")
endif()
