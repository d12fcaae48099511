using Orchestration.Core.Configuration;
using Orchestration.Core.Judging.Deployments;

namespace Orchestration.Backends.Telemetry;

/// <summary>What the calls of one deployment have in common.</summary>
/// <param name="Deployment">Its name.</param>
/// <param name="Model">The model, as configured.</param>
/// <param name="Provider">Whose form of an API it is, as OpenTelemetry names them.</param>
/// <param name="Prices">Prices; null where none are configured, or where each call has its own.</param>
/// <param name="PricePerCall">US dollars for each call that brought something; null where none is configured.</param>
/// <param name="RecordsContent">True where texts of prompts and replies are to stand in traces.</param>
internal sealed record CallSubject(string Deployment, string Model, string Provider, TokenPrices? Prices, decimal? PricePerCall, bool RecordsContent)
{
    /// <summary>The variable by which OpenTelemetry's instrumentations of generative AI are told to record texts.</summary>
    public const string ContentVariable = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

    public static CallSubject Of(DeploymentConfig config, DeploymentServices services) =>
        new(config.Name, config.Model.Name, ProviderOf(config), config.Prices, config.PricePerCall, MayRecordContent(services));

    public static bool MayRecordContent(DeploymentServices services) =>
        services.RecordContent ?? string.Equals(services.Environment(ContentVariable)?.Trim(), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>By address, where it is known; an endpoint of another name that speaks OpenAI's form counts as <c>openai</c>, as the conventions say.</summary>
    private static string ProviderOf(DeploymentConfig config)
    {
        if (config.Kind == DeploymentKind.Reward) return "reward";
        var host = config.Endpoint.Host;
        if (config.Kind == DeploymentKind.AzureOpenAi || host.EndsWith(".openai.azure.com", StringComparison.OrdinalIgnoreCase)) return "azure.ai.openai";
        foreach (var (end, provider) in (ReadOnlySpan<(string, string)>)[
            (".azure.com", "azure.ai.inference"), (".groq.com", "groq"), (".mistral.ai", "mistral_ai"), (".deepseek.com", "deepseek"),
            (".x.ai", "x_ai"), (".perplexity.ai", "perplexity"), (".cohere.com", "cohere"), (".anthropic.com", "anthropic"), (".googleapis.com", "gcp.gemini")])
        {
            if (host.EndsWith(end, StringComparison.OrdinalIgnoreCase)) return provider;
        }

        return "openai";
    }
}
