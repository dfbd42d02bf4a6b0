# One file per instruction set, each with its own flags; the choice is made at run time.
set(RW_KERNEL_OBJECTS "")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  foreach(isa avx2 avx512)
    add_library(rw_kernel_${isa} OBJECT ${PROJECT_SOURCE_DIR}/src/kernel/kernel_${isa}.c)
    target_include_directories(rw_kernel_${isa} PRIVATE include src)
    target_link_libraries(rw_kernel_${isa} PRIVATE rw_flags)
    list(APPEND RW_KERNEL_OBJECTS $<TARGET_OBJECTS:rw_kernel_${isa}>)
  endforeach()
  target_compile_options(rw_kernel_avx2 PRIVATE -O3 -mavx2 -mfma -ffp-contract=fast)
  target_compile_options(rw_kernel_avx512 PRIVATE -O3 -mavx512f -mavx512dq -mavx512bw -mavx512vl
    -mfma -mprefer-vector-width=512 -ffp-contract=fast)
endif()
