# A digest of the sources that can change a counted or predicted number goes into every checkpoint's key:
# results of another program are not taken for this one's. Included, this declares the step; run by `cmake -P`
# with SOURCE and OUTPUT, it writes the digest.
set(RW_DIGEST_ROOMS base kernel position result measure theory audit sweep)
if(CMAKE_SCRIPT_MODE_FILE)
  set(all "")
  foreach(room IN LISTS RW_DIGEST_ROOMS)
    file(GLOB sources RELATIVE ${SOURCE} ${SOURCE}/src/${room}/*.[ch])
    list(SORT sources)
    foreach(file IN LISTS sources)
      file(SHA256 ${SOURCE}/${file} digest)
      string(APPEND all "${file} ${digest}\n")
    endforeach()
  endforeach()
  string(SHA256 digest "${all}")
  string(SUBSTRING ${digest} 0 16 digest)
  file(WRITE ${OUTPUT} "/* Written by cmake/digest.cmake. */\n#include \"base/work.h\"\n\n"
    "const char rw_source_digest[] = \"${digest}\";\n")
  return()
endif()

set(RW_DIGEST_SOURCES ${RW_SOURCES})
list(FILTER RW_DIGEST_SOURCES INCLUDE REGEX "/src/(base|kernel|position|result|measure|theory|audit|sweep)/")
file(GLOB headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/*/*.h ${PROJECT_SOURCE_DIR}/src/kernel/*.c)
list(APPEND RW_DIGEST_SOURCES ${headers})
set(digest_c ${PROJECT_BINARY_DIR}/generated/source_digest.c)
add_custom_command(OUTPUT ${digest_c}
  COMMAND ${CMAKE_COMMAND} -DSOURCE=${PROJECT_SOURCE_DIR} -DOUTPUT=${digest_c}
    -P ${PROJECT_SOURCE_DIR}/cmake/digest.cmake
  DEPENDS ${RW_DIGEST_SOURCES} ${PROJECT_SOURCE_DIR}/cmake/digest.cmake)
list(APPEND RW_GENERATED ${digest_c})
