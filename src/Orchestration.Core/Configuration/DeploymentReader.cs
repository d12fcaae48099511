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
        var kind = section.OneOf("kind", ("openai", DeploymentKind.OpenAi), ("azure-openai", DeploymentKind.AzureOpenAi), ("reward", DeploymentKind.Reward)) ?? DeploymentKind.OpenAi;
        var model = Model(section);
        var (keyEnvironment, keyHeader) = Key(section, kind);
        var servedAs = section.Text("served-as");
        var limits = EndpointLimitsReader.Read(section, DefaultLimits);
        var pool = Pool(section, kind, new EndpointConfig(Blank.Endpoint) { ServedAs = servedAs, KeyEnvironment = keyEnvironment, KeyHeader = keyHeader, Limits = limits });
        var endpoint = section.Has("endpoints") ? pool.FirstOrDefault()?.Address : Endpoint(section, kind);
        var timeout = Seconds(section, "timeout-seconds", 0.001);
        var longestWait = Seconds(section, "longest-retry-wait-seconds", 0);
        var attempts = section.Integer("attempts", 1, 20, "attempts");
        var special = kind == DeploymentKind.Reward ? Reward(section) : Chat(section);
        if (special.ImageTokens == 0) special = special with { ImageTokens = UsualImageTokens(model) };
        special = Identity(section, special);
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
            Pool = pool.Count == 0 ? Array.Empty<EndpointConfig>() : pool,
            Concurrency = limits.Concurrency,
            RequestsPerMinute = limits.RequestsPerMinute,
            TokensPerMinute = limits.TokensPerMinute,
            TokensCharged = limits.TokensCharged,
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
            ReasoningEffort = section.Text("reasoning-effort")?.Trim(),
            Images = section.Flag("images") ?? false,
            Batch = BatchReader.Read(section),
            ImageTokens = section.Integer("image-tokens", 1, 1_000_000, "tokens") ?? 0,
            OutputLimit = section.OneOf("output-limit-parameter", ("max_tokens", OutputLimitParameter.MaxTokens), ("max_completion_tokens", OutputLimitParameter.MaxCompletionTokens))
                ?? (reasoning ? OutputLimitParameter.MaxCompletionTokens : OutputLimitParameter.MaxTokens),
        };
        if (reasoning && section.Has("temperature"))
            section.Problem("temperature", $"{section.Option("temperature")} is set for a reasoning model, which refuses it. Take it out, or 'reasoning-model: true'.");
        if (!reasoning && section.Has("reasoning-effort"))
            section.Problem("reasoning-effort", $"{section.Option("reasoning-effort")} is set for a model that is not said to reason. Add 'reasoning-model: true', or take it out.");
        if (!result.Images && section.Has("image-tokens"))
            section.Problem("image-tokens", $"{section.Option("image-tokens")} is set, but images are sent as text. Add 'images: true', or take it out.");
        RefuseOfOtherKind(section, "kind: reward", "price-per-call", "form");
        return result;
    }

    private static int UsualImageTokens(ModelIdentity? model) => model?.Name.StartsWith("gpt-4o-mini", StringComparison.OrdinalIgnoreCase) == true
        ? DeploymentConfig.Gpt4oMiniImageTokens
        : DeploymentConfig.UsualImageTokens;

    private static DeploymentConfig Reward(ConfigurationSection section)
    {
        var result = Blank with
        {
            PricePerCall = section.Money("price-per-call", "US dollars per call"),
            Form = section.OneOf("form", ("simple", RewardForm.Simple), ("pooling", RewardForm.Pooling)) ?? RewardForm.Simple,
        };
        RefuseOfOtherKind(section, "kind: openai", "prices", "json", "max-output-tokens", "temperature", "reasoning-model", "reasoning-effort", "images", "image-tokens", "output-limit-parameter", "identity", "identity-client-id", "token-scope", "batch");
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

        if (kind != DeploymentKind.Reward && uri.AbsolutePath.TrimEnd('/').EndsWith("/chat/completions", StringComparison.OrdinalIgnoreCase))
        {
            section.Problem("endpoint", $"{option} ends in /chat/completions, which is appended to it. Leave that part off.");
            return null;
        }

        if (kind != DeploymentKind.AzureOpenAi) return uri;

        // Users paste the resource's address, or that of the API with or without its version.
        var path = uri.AbsolutePath.TrimEnd('/');
        if (path.EndsWith("/openai/v1", StringComparison.OrdinalIgnoreCase)) return uri;
        if (path.EndsWith("/openai", StringComparison.OrdinalIgnoreCase)) return new UriBuilder(uri) { Path = path + "/v1" }.Uri;
        if (!path.Contains("/openai/", StringComparison.OrdinalIgnoreCase)) return new UriBuilder(uri) { Path = path + "/openai/v1" }.Uri;
        section.Problem("endpoint", $"{option} ends in {path}; the address of the resource alone is wanted, e.g. https://NAME.openai.azure.com. The deployment's name goes into 'served-as' or 'model'.");
        return null;
    }

    private static EndpointLimits DefaultLimits => new(DeploymentConfig.DefaultConcurrency, null, null, TokensCharged.Reserved);

    private static (string? Variable, KeyHeader Header) Key(ConfigurationSection section, DeploymentKind kind)
    {
        var variable = KeyEnvironment(section);

        // Azure takes a key in its own header; with a bearer it wants a token.
        var usual = kind == DeploymentKind.AzureOpenAi ? KeyHeader.ApiKey : KeyHeader.Bearer;
        var header = section.OneOf("key-header", ("bearer", KeyHeader.Bearer), ("api-key", KeyHeader.ApiKey)) ?? usual;
        if (section.Has("key-header") && !section.Has("key-env"))
            section.Problem("key-header", $"{section.Option("key-header")} is set without key-env, so no key is sent. Add 'key-env: NAME', or take it out.");
        return (variable, header);
    }

    /// <summary>The endpoints of a pool; what one does not say is as the deployment has it.</summary>
    private static List<EndpointConfig> Pool(ConfigurationSection section, DeploymentKind kind, EndpointConfig usual)
    {
        var pool = new List<EndpointConfig>();
        if (section.Sections("endpoints", "Write '- endpoint: https://…' for each, with its own key-env and limits.") is not { } entries) return pool;
        if (section.Has("endpoint")) section.Problem("endpoint", $"{section.Option("endpoint")} and endpoints are both set. Move the one into the list of the others.");
        section.Know("endpoint");
        if (entries.Count == 0) section.Problem("endpoints", $"{section.Option("endpoints")} is empty. Name at least one endpoint.");
        foreach (var entry in entries)
        {
            RefuseKeyValues(entry);
            var address = Endpoint(entry, kind);
            var (variable, header) = entry.Has("key-env") ? Key(entry, kind) : (usual.KeyEnvironment, usual.KeyHeader);
            var member = usual with { ServedAs = entry.Text("served-as") ?? usual.ServedAs, KeyEnvironment = variable, KeyHeader = header, Limits = EndpointLimitsReader.Read(entry, usual.Limits) };
            entry.RefuseUnknown();
            if (address is null) continue;
            if (pool.Any(p => p.Address == address && p.KeyEnvironment == variable && p.ServedAs == member.ServedAs))
                entry.Problem("endpoint", $"{entry.Option("endpoint")} stands in the pool twice with the same key. Take one out.");
            pool.Add(member with { Address = address });
        }

        return pool;
    }

    private static DeploymentConfig Identity(ConfigurationSection section, DeploymentConfig config)
    {
        var identity = section.OneOf("identity", ("default", EntraIdentity.Default), ("managed", EntraIdentity.Managed), ("workload", EntraIdentity.Workload),
            ("environment", EntraIdentity.Environment), ("azure-cli", EntraIdentity.AzureCli));
        var scope = section.Text("token-scope")?.Trim();
        var clientId = section.Text("identity-client-id")?.Trim();
        if (identity is not null && section.Has("key-env"))
            section.Problem("identity", $"{section.Option("identity")} and key-env are both set. Keep the one that the endpoint is to see.");
        foreach (var key in (ReadOnlySpan<string>)["token-scope", "identity-client-id"])
        {
            if (identity is null && section.Has(key)) section.Problem(key, $"{section.Option(key)} is set without identity, so no token is fetched. Add 'identity: default', or take it out.");
        }

        return config with { Identity = identity, IdentityClientId = clientId, TokenScope = scope ?? DeploymentConfig.DefaultTokenScope };
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

    private static TimeSpan? Seconds(ConfigurationSection section, string key, double min) =>
        section.Number(key, min, LongestSeconds, "a number of seconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : null;

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_]{0,99}$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex VariablePattern();
}
