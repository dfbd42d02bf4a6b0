# Files that travel inside the library as C arrays. Included, it declares them; run by
# `cmake -P` with INPUT, OUTPUT and NAME, it writes one array, terminated like a string by a zero
# that is not counted.
if(CMAKE_SCRIPT_MODE_FILE)
  file(READ ${INPUT} bytes HEX)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(WRITE ${OUTPUT} "#include <stddef.h>\nextern const unsigned char ${NAME}[];\n"
    "extern const size_t ${NAME}_size;\nconst unsigned char ${NAME}[] = {\n${bytes}\n0};\n"
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

# The pages of lint's rules, in the order of rw_rule_table; a rule without a page gets "".
file(GLOB rule_sources CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/src/lint/rule_*.c)
file(GLOB rule_pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/rules/*.md)
list(SORT rule_sources)
set(EXTERN "")
set(ROWS "")
foreach(path IN LISTS rule_sources)
  get_filename_component(name ${path} NAME_WE)
  string(REPLACE "rule_" "" id ${name})
  if(EXISTS ${PROJECT_SOURCE_DIR}/docs/rules/${id}.md)
    rw_embed(rw_page_${id} docs/rules/${id}.md)
    string(APPEND EXTERN "extern const unsigned char rw_page_${id}[];\n")
    string(APPEND ROWS "    rw_page_${id},\n")
  else()
    string(APPEND ROWS "    (const unsigned char *)\"\",\n")
  endif()
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/rw_rule_page_table.c @ONLY CONTENT
"@EXTERN@extern const unsigned char *const rw_rule_page_table[];
const unsigned char *const rw_rule_page_table[] = {
@ROWS@    0,
};
")
list(APPEND RW_GENERATED ${PROJECT_BINARY_DIR}/generated/rw_rule_page_table.c)
