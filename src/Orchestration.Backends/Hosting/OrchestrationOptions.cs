using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Orchestration.Core;
using Orchestration.Core.Configuration;

namespace Orchestration.Backends.Hosting;

/// <summary>How the libraries find their configuration in an application.</summary>
public sealed class OrchestrationOptions
{
    /// <summary>The section that is read unless another one is handed over.</summary>
    public const string SectionName = "Orchestration";

    /// <summary>
    /// A file in the form of <c>orchestration.yaml</c>, relative to the application's content root; null where the section itself holds the options.
    /// Set by the section's <c>file</c>. Default null.
    /// </summary>
    public string? File { get; set; }

    /// <summary>
    /// True to put texts of prompts and replies into traces, false never to; null (the default) as
    /// <c>OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT</c> says. Set by the section's <c>record-content</c>.
    /// </summary>
    public bool? RecordContent { get; set; }
}

/// <summary>Reads the configuration of an application and checks it when the application starts.</summary>
internal sealed class ConfigurationSource(IConfigurationSection section, IServiceProvider services) : IConfigureOptions<OrchestrationOptions>, IValidateOptions<OrchestrationOptions>
{
    private const string File = "file";
    private const string RecordContent = "record-content";

    public void Configure(OrchestrationOptions options)
    {
        options.File = section[File];
        if (bool.TryParse(section[RecordContent], out var records)) options.RecordContent = records;
    }

    public ValidateOptionsResult Validate(string? name, OrchestrationOptions options)
    {
        try
        {
            Read(options);
            return ValidateOptionsResult.Success;
        }
        catch (OrchestrationException e)
        {
            return ValidateOptionsResult.Fail(e.Message.Split('\n'));
        }
    }

    /// <exception cref="OrchestrationException">All that is wrong, a line each.</exception>
    public OrchestrationConfig Read(OrchestrationOptions options)
    {
        var root = services.GetService<IHostEnvironment>()?.ContentRootPath ?? Directory.GetCurrentDirectory();
        var source = $"configuration section '{section.Path}'";
        if (section[RecordContent] is { } records && !bool.TryParse(records, out _))
            throw new OrchestrationException(ErrorCodes.Configuration, $"{source}: {RecordContent} is '{records}'; it is true or false.");
        var values = section.AsEnumerable(makePathsRelative: true)
            .Where(static value => !string.Equals(value.Key, File, StringComparison.OrdinalIgnoreCase) && !string.Equals(value.Key, RecordContent, StringComparison.OrdinalIgnoreCase))
            .Where(static value => value.Key.Length > 0)
            .ToList();
        if (options.File is not { } file) return OrchestrationConfig.FromValues(values, source, root);
        if (values.Count > 0)
            throw new OrchestrationException(ErrorCodes.Configuration, $"{source}: file is set beside '{values[^1].Key}'. Keep all options in the file, or all in the section.");
        return OrchestrationConfig.Load(Path.GetFullPath(file, root));
    }
}
