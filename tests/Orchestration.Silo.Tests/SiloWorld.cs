using System.Net.Http.Headers;
using System.Text;
using Orchestration.Core.Access;
using Orchestration.Silo.Hosting;
using Orchestration.Simulation;
using Orchestration.Storage;

namespace Orchestration.Silo.Tests;

/// <summary>A folder with a store and a configuration, and the silos that were started over them.</summary>
internal sealed class SiloWorld : IAsyncDisposable
{
    private readonly List<SiloHost> _silos = [];

    public SiloWorld(string? configuration = null)
    {
        if (configuration is not null) Configure(configuration);
    }

    public string Folder { get; } = Directory.CreateTempSubdirectory("orchestrate-silo-").FullName;

    public List<string> Notes { get; } = [];

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public string ConfigFile => Path.Combine(Folder, "orchestration.yaml");

    public SiloOptions Options => new()
    {
        ConfigFile = File.Exists(ConfigFile) ? ConfigFile : null,
        Store = Path.Combine(Folder, "store.db"),
        LocalFolder = Folder,
        Address = "http://127.0.0.1:0",
        Environment = name => Environment.GetValueOrDefault(name),
        Time = TimeProvider.System,
        Note = Note,
        DrainFor = TimeSpan.FromSeconds(10),
    };

    /// <summary>A configuration over a scripted endpoint: deployment <c>local</c>, judge set <c>quick</c>.</summary>
    public static string Configuration(ScriptedEndpoint endpoint, string more = "") =>
        $$"""
        deployments:
          local:
            endpoint: {{endpoint.ChatEndpoint}}
            model: scripted-judge
            prices: {input: 0.40, cached: 0.10, output: 1.60, reasoning: 1.60}
            limits: {concurrency: 64}
        judge-sets:
          quick: [clarity@local, readability, structure]

        """ + more;

    public void Configure(string yaml) => File.WriteAllText(ConfigFile, yaml);

    /// <summary>Starts a silo.</summary>
    public async Task<SiloHost> StartAsync(bool open = false, SiloOptions? options = null)
    {
        var silo = await SiloHost.StartAsync((options ?? Options) with { IsOpen = open }, Xunit.TestContext.Current.CancellationToken);
        _silos.Add(silo);
        return silo;
    }

    /// <summary>Makes a key through another opening of the store, as the command line does.</summary>
    public async Task<string> KeyAsync(AccessRoles roles, KeyLimits? limits = null, DateTimeOffset? expires = null)
    {
        var cancel = Xunit.TestContext.Current.CancellationToken;
        await using var store = await StoreLocation.OpenAsync(Options.Store, TimeProvider.System, Folder, static _ => { }, cancel);
        var secret = await ServerSecret.OfAsync(store.Access, Options.Environment, cancel);
        var (text, key) = ApiKey.Create(secret, "test", roles, limits ?? KeyLimits.None, TimeProvider.System.GetUtcNow(), expires);
        await store.Access.AddAsync(key, new AuditEntry("test", "key.create", key.Id), cancel);
        return text;
    }

    public static HttpClient Client(SiloHost silo, string? key = null)
    {
        var client = new HttpClient { BaseAddress = silo.Address, Timeout = TimeSpan.FromSeconds(60) };
        if (key is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    public static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in _silos) await silo.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }

    private void Note(string note)
    {
        lock (Notes) Notes.Add(note);
    }
}
