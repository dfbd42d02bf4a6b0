/* page_bench.c - the page of a benchmark: its tables as they are. */
#include "report/markup.h"
#include "report/page.h"
#include "report/report.h"
#include "report/table.h"

static const rw_table_column peak_columns[] = {
    {"what", "yardstick", RW_COLUMN_TEXT},
    {"isa", "isa", RW_COLUMN_TEXT},
    {"threads", "threads", RW_COLUMN_COUNT},
    {"unit", "unit", RW_COLUMN_TEXT},
    {"best_per_s", "best, /s", RW_COLUMN_NUMBER},
    {"median_per_s", "median, /s", RW_COLUMN_NUMBER},
    {"repetitions", "repetitions", RW_COLUMN_COUNT}};
static const rw_table_column stage_columns[] = {
    {"stage", "stage", RW_COLUMN_TEXT},
    {"isa", "isa", RW_COLUMN_TEXT},
    {"threads", "threads", RW_COLUMN_COUNT},
    {"pairs", "pairs", RW_COLUMN_COUNT},
    {"context", "distances", RW_COLUMN_COUNT},
    {"ns_best", "best, ns a score", RW_COLUMN_NUMBER},
    {"ns_median", "median", RW_COLUMN_NUMBER},
    {"ns_processor", "processor", RW_COLUMN_NUMBER},
    {"peak_share", "share of peak, in 4 flops a score and pair: above 1 where fewer do",
     RW_COLUMN_RATE},
    {"repetitions", "repetitions", RW_COLUMN_COUNT}};
static const rw_table_column geometry_columns[] = {
    {"title", "geometry", RW_COLUMN_TEXT},
    {"layers", "layers", RW_COLUMN_COUNT},
    {"heads", "heads", RW_COLUMN_COUNT},
    {"threads", "threads", RW_COLUMN_COUNT},
    {"groups_run", "groups run", RW_COLUMN_COUNT},
    {"groups", "of", RW_COLUMN_COUNT},
    {"seconds", "seconds, measured", RW_COLUMN_NUMBER},
    {"seconds_extrapolated", "seconds for all, extrapolated", RW_COLUMN_NUMBER},
    {"ns_a_score", "ns a score", RW_COLUMN_NUMBER},
    {"seconds_processor", "processor seconds", RW_COLUMN_NUMBER},
    {"bytes_a_thread", "bytes a thread", RW_COLUMN_COUNT}};

ropewalk_status rw_page_bench(rw_text *t, const json_t *doc, const rw_view *audit,
                              size_t number, ropewalk_error *err)
{
    (void)audit;
    const json_t *machine = json_object_get(doc, "machine");
    ropewalk_status status = rw_page_check_list(doc, "benchmark", "stages", err);
    if (!status) status = rw_page_check_list(doc, "benchmark", "geometries", err);
    if (!status) status = rw_page_check_list(machine, "benchmark", "peaks", err);
    if (status) return status;
    rw_text_printf(
        t,
        "<section id=bench%zu aria-labelledby=h-bench%zu><h2 id=h-bench%zu>How fast "
        "this machine counts</h2>\n<p class=lead>",
        number, number, number);
    rw_markup_count(t, rw_markup_f64(machine, "processors"));
    rw_text_append(t, " processors, load ");
    rw_markup_number(t, rw_markup_f64(machine, "load_before"));
    rw_text_append(t, " before and ");
    rw_markup_number(t, rw_markup_f64(machine, "load_after"));
    rw_text_append(t, " after. Times of one machine at one time: they say nothing of a "
                      "model.</p>\n<h3 class=sub>Yardsticks</h3>");
    rw_table_of(t, "Yardsticks", json_object_get(machine, "peaks"), peak_columns,
                sizeof peak_columns / sizeof *peak_columns);
    rw_text_append(t, "<h3 class=sub>Stages</h3>");
    rw_table_of(t, "Stages", json_object_get(doc, "stages"), stage_columns,
                sizeof stage_columns / sizeof *stage_columns);
    rw_text_append(t, "<h3 class=sub>Geometries</h3>");
    rw_table_of(t, "Geometries", json_object_get(doc, "geometries"), geometry_columns,
                sizeof geometry_columns / sizeof *geometry_columns);
    rw_section_close(t);
    return ROPEWALK_OK;
}

ropewalk_status rw_bench_html(const json_t *document, rw_text *out, ropewalk_error *err)
{
    static const rw_page_frame frame = {"bench", "Benchmark", "", rw_page_bench};
    return rw_page_of(document, &frame, out, err);
}
