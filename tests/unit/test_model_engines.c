/* test_model_engines.c - one scaling block under the rules of several engines. */
#include "model_config.h"

static double slowest_under(const char *engine, const char *model_type, const char *more)
{
    use.engine = rw_engine_find(engine);
    good(model_type, more);
    assert_string_equal(m.engine, engine);
    const double w = rotation(0)->inv_freq ? rotation(0)->inv_freq[7] : (double)NAN;
    use.engine = NULL;
    return w;
}

#define LONGROPE                                                                         \
    THETA ",\"rope_scaling\":{\"type\":\"longrope\",\"attention_factor\":1.5,"           \
          "\"short_factor\":[1,1,1,1,1,1,1,1],\"long_factor\":[2,2,2,2,2,2,2,2],"        \
          "\"original_max_position_embeddings\":4096}"

static void longrope_under_engines(void **state)
{
    (void)state;
    const double plain = pow(10000, -14.0 / 16);
    use = (rw_model_use){.context = 8192, .length = 4096};
    assert_true(near(slowest_under("transformers", "phi3", LONGROPE), plain));
    assert_true(rotation(0)->attn_factor == 1.5);
    done();
    assert_true(near(slowest_under("vllm", "phi3", LONGROPE), plain / 2));
    assert_true(near(rotation(0)->attn_factor, sqrt(1 + log(2) / log(4096))));
    done();
    use = (rw_model_use){.context = 4096};
    assert_true(near(slowest_under("vllm", "phi3", LONGROPE), plain));
    done();
    assert_true(near(slowest_under("mlx-lm", "phi3", LONGROPE), plain / 2));
    done();
    use = (rw_model_use){0};
}

#define YARN                                                                             \
    THETA ",\"head_dim\":16,\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":32,"     \
          "\"original_max_position_embeddings\":4096,\"truncate\":false,"                \
          "\"attention_factor\":1.25}"

#define TELECHAT                                                                         \
    THETA ",\"rope_scaling\":{\"rope_type\":\"telechat3-yarn\",\"factor\":32,"           \
          "\"original_max_position_embeddings\":4096}"

/* Its magnitude has a coefficient of its own, which mlx-lm does not know. */
static void telechat3_under_engines(void **state)
{
    (void)state;
    (void)slowest_under("vllm", "telechat3", TELECHAT);
    assert_true(near(rotation(0)->attn_factor, 0.07 * log(32) + 1));
    done();
    (void)slowest_under("mlx-lm", "telechat3", TELECHAT);
    assert_true(near(rotation(0)->attn_factor, 0.1 * log(32) + 1));
    done();
    use = (rw_model_use){0};
}

static void yarn_under_engines(void **state)
{
    (void)state;
    double pair[2];
    (void)slowest_under("transformers", "gpt_oss", YARN);
    pair[0] = rotation(0)->inv_freq[4];
    assert_true(rotation(0)->attn_factor == 1.25);
    done();
    (void)slowest_under("vllm", "gpt_oss", YARN);
    assert_true(rotation(0)->inv_freq[4] == pair[0] && rotation(0)->attn_factor == 1.25);
    done();
    (void)slowest_under("mlx-lm", "gpt_oss", YARN);
    pair[1] = rotation(0)->inv_freq[4];
    assert_true(fabs(pair[1] / pair[0] - 1) > 0.01); /* rounded outwards */
    assert_true(near(rotation(0)->attn_factor, 0.1 * log(32) + 1));
    assert_non_null(strstr(source("truncate")->note, "ignores"));
    done();
    (void)slowest_under("llama.cpp", "gpt_oss", YARN);
    assert_true(near(rotation(0)->inv_freq[4], pair[1]));
    assert_string_equal(m.architecture, "gpt_oss"); /* as written */
    done();
}

static double magnitude_under(const char *engine, const char *members)
{
    char more[256];
    (void)snprintf(more, sizeof more,
                   THETA ",\"rope_scaling\":{\"rope_type\":\"yarn\",\"factor\":4,"
                         "\"original_max_position_embeddings\":4096%s}",
                   members);
    (void)slowest_under(engine, "llama", more);
    const double a = rotation(0)->attn_factor;
    done();
    return a;
}

static void magnitudes_under_engines(void **state)
{
    (void)state;
    const double m1 = 0.1 * log(4) + 1, m2 = 0.2 * log(4) + 1;
    static const char both[] = ",\"mscale\":2,\"mscale_all_dim\":1",
                      one[] = ",\"mscale\":2", other[] = ",\"mscale_all_dim\":2";
    assert_true(near(magnitude_under("transformers", both), m2 / m1));
    assert_true(near(magnitude_under("mlx-lm", both), m2 / m1));
    assert_true(near(magnitude_under("transformers", one), m1));
    assert_true(near(magnitude_under("vllm", one), m1));
    assert_true(near(magnitude_under("mlx-lm", one), m2));
    assert_true(near(magnitude_under("transformers", other), m1));
    assert_true(near(magnitude_under("mlx-lm", other), m1 / m2));
    assert_true(near(magnitude_under("mlx-lm", ""), m1));
}

static void dynamic_under_engines(void **state)
{
    (void)state;
    static const char more[] =
        THETA ",\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":4}";
    const double plain = pow(10000, -14.0 / 16);
    use = (rw_model_use){.context = 32768, .length = 16384};
    /* (4 * 16384 / 8192 - 3)^(16/14) */
    assert_true(near(slowest_under("transformers", "llama", more),
                     pow(10000 * pow(5, 16.0 / 14), -14.0 / 16)));
    done();
    assert_true(near(slowest_under("vllm", "llama", more), plain));
    done();
    use = (rw_model_use){0};
    assert_true(near(slowest_under("transformers", "llama", more), plain));
    done();
}

static int runs(const char *engine, const char *model_type, const char *more)
{
    const double w = slowest_under(engine, model_type, more);
    return w > 0;
}

static void refused_by_engines(void **state)
{
    (void)state;
    static const char ntk[] = THETA ",\"rope_scaling\":{\"type\":\"ntk\",\"factor\":4}";
    static const char era_5[] =
        "\"rope_parameters\":{\"rope_type\":\"linear\",\"factor\":4,"
        "\"rope_theta\":500000}";
    assert_false(runs("transformers", "llama", ntk));
    has_problem(RW_PROBLEM_NOT_RUN, "ntk");
    done();
    assert_true(runs("vllm", "llama", ntk));
    done();
    assert_false(runs("mlx-lm", "llama", era_5));
    has_problem(RW_PROBLEM_NOT_RUN, "rope_parameters");
    assert_int_equal(m.n_problem, 1);
    done();
    assert_true(runs("mlx-lm", "qwen3", era_5));
    done();
    assert_true(runs("vllm", "llama", era_5));
    done();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longrope_under_engines),
        cmocka_unit_test(telechat3_under_engines),
        cmocka_unit_test(yarn_under_engines),
        cmocka_unit_test(magnitudes_under_engines),
        cmocka_unit_test(dynamic_under_engines),
        cmocka_unit_test(refused_by_engines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
