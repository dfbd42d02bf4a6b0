# Files that travel inside the library as C arrays. Included, it declares them; run by
# `cmake -P` with INPUT, OUTPUT and NAME, it writes one array.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${INPUT} bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(WRITE ${OUTPUT} "#include <stddef.h>\nextern const unsigned char ${NAME}[];\n"
    "extern const size_t ${NAME}_size;\nconst unsigned char ${NAME}[] = {\n${bytes}\n};\n"
    "const size_t ${NAME}_size = ${size};\n")
  return()
endif()

set(RW_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(rw_embed name input)
  set(output ${PROJECT_BINARY_DIR}/generated/${name}.c)
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${PROJECT_SOURCE_DIR}/${input} -DOUTPUT=${output} -DNAME=${name}
            -P ${RW_EMBED_SCRIPT}
    DEPENDS ${PROJECT_SOURCE_DIR}/${input} ${RW_EMBED_SCRIPT} VERBATIM)
  set(RW_GENERATED ${RW_GENERATED} ${output} PARENT_SCOPE)
endfunction()
rw_embed(rw_report_css src/report/assets/report.css)
