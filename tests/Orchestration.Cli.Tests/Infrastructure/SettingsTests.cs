using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Orchestration.Core.Configuration;
using Orchestration.Core.Stores;
using Orchestration.Storage.Postgres;
using Orchestration.Testing;
using Shouldly;
using Xunit;

namespace Orchestration.Cli.Tests.Infrastructure;

/// <summary>What infra/ gives to the silos is what the program reads, by name and by form.</summary>
public sealed partial class SettingsTests
{
    [Fact]
    public void Every_setting_is_one_that_the_program_reads()
    {
        // The exporter's variables are read by OpenTelemetry and the password's by Npgsql: our pages name those that we tried.
        var sources = string.Concat(Directory.EnumerateFiles(Path.Combine(PublicData.RepositoryRoot, "src"), "*.cs", SearchOption.AllDirectories).Where(static f => !f.Contains("/obj/", StringComparison.Ordinal)).Select(File.ReadAllText));
        var pages = File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "docs", "design", "telemetry.md")) + File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "docs", "design", "cluster.md"));
        var azure = SiloSettings.Names().Select(static s => s.Name).ToList();
        var compose = ComposeNames().Matches(File.ReadAllText(Path.Combine(BicepFile.Folder, "compose.yaml"))).Select(static m => m.Groups["name"].Value).ToList();

        azure.Distinct().Count().ShouldBeGreaterThanOrEqualTo(7);
        compose.Count.ShouldBeGreaterThanOrEqualTo(5);
        foreach (var name in azure.Concat(compose).Distinct())
        {
            if (name.StartsWith("ORCHESTRATE_", StringComparison.Ordinal)) sources.ShouldContain($"\"{name}\"", Case.Sensitive, name);
            else pages.ShouldContain($"`{name}`", Case.Sensitive, name);
        }
    }

    [Fact]
    public void The_arguments_of_every_silo_are_options_of_its_command()
    {
        var lists = SiloSettings.Arguments().Concat(ComposeArguments()).ToList();
        lists.Select(static a => a[0]).ShouldBe(["serve", "work", "serve", "work", "endpoint"]);
        var context = new CliContext { Out = TextWriter.Null, Error = TextWriter.Null, StandardInput = Stream.Null };
        foreach (var arguments in lists)
            CommandLine.Wanted(arguments, context, []).ShouldHaveSingleItem().Parse(arguments[1..]).Errors.Select(static e => e.Message).ShouldBeEmpty(string.Join(' ', arguments));
    }

    [Fact]
    public void The_addresses_of_the_store_are_read()
    {
        var (withToken, withPassword) = SiloSettings.Stores();
        PostgresAddress.Parse(withToken).Identity.ShouldBe(new StoreIdentity(EntraIdentity.Managed, SiloSettings.ClientId, StoreIdentity.PostgresScope));
        PostgresAddress.Parse(withPassword).Identity.ShouldBeNull();
        PostgresAddress.Parse(withPassword).Display.ShouldBe("postgres://psql-x.postgres.database.azure.com:5432/orchestration");
    }

    [Fact]
    public void The_configurations_are_read()
    {
        var azure = OrchestrationConfig.Parse(SiloSettings.Configuration(), "orchestration.azure.yaml");
        var mini = azure.Deployment("gpt-4-1-mini");
        (mini.Kind, mini.Identity, mini.IdentityClientId, mini.KeyEnvironment).ShouldBe((DeploymentKind.AzureOpenAi, EntraIdentity.Managed, SiloSettings.ClientId, null));
        azure.Router!.Experts.Count.ShouldBe(2);

        var compose = OrchestrationConfig.Parse(File.ReadAllText(Path.Combine(BicepFile.Folder, "orchestration.compose.yaml")), "orchestration.compose.yaml");
        compose.Deployments.Count.ShouldBe(2);
        compose.Router!.Experts.Count.ShouldBe(2);
    }

    [Fact]
    public void Probes_and_the_scaler_ask_for_what_is_served()
    {
        var silos = BicepFile.Read("modules/silos.bicep").Code;
        var document = JsonElement.Parse(File.ReadAllText(Path.Combine(PublicData.RepositoryRoot, "src", "Orchestration.Silo", "OpenApi", "openapi.json")));
        var paths = Regex.Matches(silos, "(?:httpGet: \\{ path: '|\\$\\{gatewayUrl\\})(?<path>/[\\w/]+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10)).Select(static m => m.Groups["path"].Value).Distinct().Order().ToList();
        paths.ShouldBe(["/health/live", "/health/ready", "/v1/work"]);
        foreach (var path in paths) document.GetProperty("paths").TryGetProperty(path, out _).ShouldBeTrue(path);
        var value = Regex.Match(silos, "valueLocation: '(?<name>\\w+)'", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(10)).Groups["name"].Value;
        document.GetProperty("components").GetProperty("schemas").GetProperty("Work").GetProperty("properties").TryGetProperty(value, out _).ShouldBeTrue(value);
        silos.ShouldContain("targetPort: 8080");
        silos.ShouldContain("http://0.0.0.0:8080");
    }

    /// <summary>The commands of compose.yaml, in the order of its services.</summary>
    internal static IEnumerable<string[]> ComposeArguments() => ComposeCommands().Matches(File.ReadAllText(Path.Combine(BicepFile.Folder, "compose.yaml")))
        .Select(static m => m.Groups["list"].Value.Split(',', StringSplitOptions.TrimEntries).Select(static a => a.Trim('"')).ToArray());

    [GeneratedRegex(@"^    (?<name>[A-Z][A-Z_]+): .*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex ComposeNames();

    [GeneratedRegex(@"^    command: \[(?<list>[^\]]+)\]", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex ComposeCommands();
}
