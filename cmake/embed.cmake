# Files that travel inside the library as C arrays. Included, it declares them; run by `cmake -P`
# with INPUT (one file, or several with | between), OUTPUT and NAME, it writes one array of all their
# bytes, terminated like a string by a zero that is not counted, and the bytes' SHA-256 in hexadecimal.
if(CMAKE_SCRIPT_MODE_FILE)
  string(REPLACE "|" ";" INPUT "${INPUT}")
  execute_process(COMMAND ${CMAKE_COMMAND} -E cat ${INPUT} OUTPUT_FILE ${OUTPUT}.bytes
    RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR "cannot read ${INPUT}")
  endif()
  file(SHA256 ${OUTPUT}.bytes digest)
  file(READ ${OUTPUT}.bytes bytes HEX)
  file(REMOVE ${OUTPUT}.bytes)
  string(LENGTH "${bytes}" digits)
  math(EXPR size "${digits} / 2")
  string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
  file(WRITE ${OUTPUT} "#include <stddef.h>\nextern const unsigned char ${NAME}[];\n"
    "extern const size_t ${NAME}_size;\nextern const char ${NAME}_sha256[];\n"
    "const unsigned char ${NAME}[] = {\n${bytes}\n0};\nconst size_t ${NAME}_size = ${size};\n"
    "const char ${NAME}_sha256[] = \"${digest}\";\n")
  return()
endif()

set(RW_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})
function(rw_embed name)
  set(output ${PROJECT_BINARY_DIR}/generated/${name}.c)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/ OUTPUT_VARIABLE inputs)
  string(REPLACE ";" "|" joined "${inputs}")
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${joined} -DOUTPUT=${output} -DNAME=${name} -P ${RW_EMBED_SCRIPT}
    DEPENDS ${inputs} ${RW_EMBED_SCRIPT} VERBATIM)
  set(RW_GENERATED ${RW_GENERATED} ${output} PARENT_SCOPE)
endfunction()

# The page's one style and one script, in the order in which their files need each other: of an
# audit, and of any other document.
set(assets src/report/assets)
set(drawing ${assets}/uPlot.LICENSE.js ${assets}/uPlot.iife.min.js ${assets}/form.js ${assets}/figure.js
  ${assets}/plot.js ${assets}/chart.js)
set(counting ${assets}/core.js ${assets}/rounding.js ${assets}/score.js ${assets}/settings.js)
rw_embed(rw_report_css ${assets}/report.css ${assets}/explore.css ${assets}/uPlot.min.css)
rw_embed(rw_report_js ${drawing} ${counting} ${assets}/data.js ${assets}/map.js ${assets}/whatif.js ${assets}/head.js ${assets}/page.js)
rw_embed(rw_page_js ${drawing} ${assets}/sort.js)
rw_embed(rw_explore_body ${assets}/explore.html)
rw_embed(rw_explore_js ${drawing} ${counting} ${assets}/explore_pictures.js ${assets}/explore.js)

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
