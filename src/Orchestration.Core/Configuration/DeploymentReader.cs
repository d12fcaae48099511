using System.Text.RegularExpressions;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Core.Configuration;

/// <summary>Reads one entry of <c>deployments</c>.</summary>
internal static partial class DeploymentReader
{
    private const double LongestSeconds = 3600;

    /// <summary>The deployment, or null where something was noted that leaves nothing to build on.</summary>
    public static DeploymentConfig? Read(string name, ConfigurationSection section)
    {
        RefuseKeyValues(section);
        var kind = section.OneOf("kind", ("openai", DeploymentKind.OpenAi), ("reward", DeploymentKind.Reward)) ?? DeploymentKind.OpenAi;
        var endpoint = Endpoint(section, kind);
        var model = Model(section);
        var keyEnvironment = KeyEnvironment(section);
        var keyHeader = section.OneOf("key-header", ("bearer", KeyHeader.Bearer), ("api-key", KeyHeader.ApiKey)) ?? KeyHeader.Bearer;
        if (section.Has("key-header") && !section.Has("key-env"))
            section.Problem("key-header", $"{section.Option("key-header")} is set without key-env, so no key is sent. Add 'key-env: NAME', or take it out.");
        var timeout = Seconds(section, "timeout-seconds", 0.001);
        var longestWait = Seconds(section, "longest-retry-wait-seconds", 0);
        var attempts = section.Integer("attempts", 1, 20, "attempts");
        var concurrency = Concurrency(section);
        var servedAs = section.Text("served-as");
        var special = kind == DeploymentKind.OpenAi ? Chat(section) : Reward(section);
        section.RefuseUnknown();
        if (endpoint is null || model is null) return null;

        return special with
        {
            Name = name,
            Kind = kind,
            Endpoint = endpoint,
            Model = model,
            ServedAs = servedAs,
            KeyEnvironment = keyEnvironment,
            KeyHeader = keyHeader,
            Concurrency = concurrency ?? DeploymentConfig.DefaultConcurrency,
            Timeout = timeout ?? special.Timeout,
            LongestRetryWait = longestWait ?? special.LongestRetryWait,
            Attempts = attempts ?? DeploymentConfig.DefaultAttempts,
        };
    }

    private static DeploymentConfig Blank => new() { Name = "", Endpoint = new Uri("http://localhost/"), Model = new ModelIdentity("", "", "") };

    private static DeploymentConfig Chat(ConfigurationSection section)
    {
        var reasoning = section.Flag("reasoning-model") ?? false;
        var prices = Prices(section);
        var result = Blank with
        {
            Prices = prices,
            Json = section.OneOf("json", ("schema", JsonSupport.Schema), ("object", JsonSupport.Object), ("text", JsonSupport.Text)) ?? JsonSupport.Schema,
            MaxOutputTokens = section.Integer("max-output-tokens", 1, 1_000_000, "tokens"),
            Temperature = section.Number("temperature", 0, 2, "a temperature"),
            ReasoningModel = reasoning,
            OutputLimit = section.OneOf("output-limit-parameter", ("max_tokens", OutputLimitParameter.MaxTokens), ("max_completion_tokens", OutputLimitParameter.MaxCompletionTokens))
                ?? (reasoning ? OutputLimitParameter.MaxCompletionTokens : OutputLimitParameter.MaxTokens),
        };
        if (reasoning && section.Has("temperature"))
            section.Problem("temperature", $"{section.Option("temperature")} is set for a reasoning model, which refuses it. Take it out, or 'reasoning-model: true'.");
        RefuseOfOtherKind(section, "kind: reward", "price-per-call", "form");
        return result;
    }

    private static DeploymentConfig Reward(ConfigurationSection section)
    {
        var result = Blank with
        {
            PricePerCall = section.Money("price-per-call", "US dollars per call"),
            Form = section.OneOf("form", ("simple", RewardForm.Simple), ("pooling", RewardForm.Pooling)) ?? RewardForm.Simple,
        };
        RefuseOfOtherKind(section, "kind: openai", "prices", "json", "max-output-tokens", "temperature", "reasoning-model", "output-limit-parameter");
        return result;
    }

    private static void RefuseOfOtherKind(ConfigurationSection section, string kind, params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (!section.Has(key)) continue;
            section.Know(key);
            section.Problem(key, $"{section.Option(key)} is an option of '{kind}' only. Take it out, or change 'kind'.");
        }
    }

    private static void RefuseKeyValues(ConfigurationSection section)
    {
        foreach (var key in (ReadOnlySpan<string>)["key", "api-key", "apikey", "api_key", "token", "secret", "password"])
        {
            if (!section.Has(key)) continue;
            section.Know(key);
            section.Problem(key, $"{section.Option(key)} is not taken: a key never stands in this file. Put it into an environment variable and write its name: 'key-env: MY_KEY'.");
        }
    }

    private static Uri? Endpoint(ConfigurationSection section, DeploymentKind kind)
    {
        const string Cure = "Write an address like https://api.example/v1.";
        if (section.RequiredText("endpoint", Cure) is not { } text) return null;
        var option = section.Option("endpoint");
        if (!Uri.TryCreate(text.Trim(), UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.Host.Length == 0)
        {
            section.Problem("endpoint", $"{option} is {(text.Contains('@', StringComparison.Ordinal) ? "no address" : SecretShape.Quote(text))}; it is an http or https address. {Cure}");
            return null;
        }

        // Whatever stands before '@' would be sent, logged and shown with the address.
        if (uri.UserInfo.Length > 0)
        {
            section.Problem("endpoint", $"{option} has user information before '@'. Take it out; a key goes into an environment variable that 'key-env' names.");
            return null;
        }

        if (uri.Query.Contains("key=", StringComparison.OrdinalIgnoreCase) || uri.Query.Contains("token=", StringComparison.OrdinalIgnoreCase))
        {
            section.Problem("endpoint", $"{option} carries a key in its query. Take it out; a key goes into an environment variable that 'key-env' names.");
            return null;
        }

        if (kind == DeploymentKind.OpenAi && uri.AbsolutePath.TrimEnd('/').EndsWith("/chat/completions", StringComparison.OrdinalIgnoreCase))
        {
            section.Problem("endpoint", $"{option} ends in /chat/completions, which is appended to it. Leave that part off.");
            return null;
        }

        return uri;
    }

    private static ModelIdentity? Model(ConfigurationSection section)
    {
        const string Cure = "Write the name that the endpoint expects, e.g. 'model: gpt-4.1-mini', or {publisher, name, snapshot}.";
        if (!section.Has("model") || section.IsScalar("model"))
            return section.RequiredText("model", Cure) is { } text ? new ModelIdentity("", text.Trim(), "") : null;
        if (section.Section("model", Cure) is not { } block) return null;
        var name = block.RequiredText("name", "Write the name that the endpoint expects.");
        var identity = new ModelIdentity(block.Text("publisher")?.Trim() ?? "", name?.Trim() ?? "", block.Text("snapshot")?.Trim() ?? "");
        block.RefuseUnknown();
        return name is null ? null : identity;
    }

    private static string? KeyEnvironment(ConfigurationSection section)
    {
        if (section.Text("key-env") is not { } name) return null;
        if (VariablePattern().IsMatch(name)) return name;

        // Not repeated: what is not a variable's name here is most often the key itself.
        section.Problem("key-env", $"{section.Option("key-env")} is not the name of an environment variable (letters, digits and '_', e.g. OPENAI_API_KEY). If it is the key itself, put it into a variable, write the variable's name, and renew the key if this file was shared.");
        return null;
    }

    private static TokenPrices? Prices(ConfigurationSection section)
    {
        if (section.Section("prices", "Write '{input: 0.40, cached: 0.10, output: 1.60}', US dollars per million tokens.") is not { } prices) return null;
        const string Unit = "US dollars per million tokens";
        prices.RequiredText("input", $"Write the price of prompt tokens in {Unit}.");
        prices.RequiredText("output", $"Write the price of completion tokens in {Unit}.");
        var input = prices.Money("input", Unit);
        var cached = prices.Money("cached", Unit);
        var output = prices.Money("output", Unit);
        var reasoning = prices.Money("reasoning", Unit);
        prices.RefuseUnknown();
        return input is null || output is null ? null : new TokenPrices(input.Value, cached ?? input.Value, output.Value, reasoning ?? output.Value);
    }

    private static int? Concurrency(ConfigurationSection section)
    {
        if (section.Section("limits", "Write '{concurrency: 64}'.") is not { } limits) return null;
        var concurrency = limits.Integer("concurrency", 1, 4096, "calls in flight");
        foreach (var key in (ReadOnlySpan<string>)["requests-per-minute", "tokens-per-minute"])
        {
            if (!limits.Has(key)) continue;
            limits.Know(key);
            limits.Problem(key, $"{limits.Option(key)} is not kept by this version, which limits concurrency only. Take it out and set 'concurrency'; 429 replies are waited out.");
        }

        limits.RefuseUnknown();
        return concurrency;
    }

    private static TimeSpan? Seconds(ConfigurationSection section, string key, double min) =>
        section.Number(key, min, LongestSeconds, "a number of seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,99}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex VariablePattern();
}
