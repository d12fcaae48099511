using System.Diagnostics;
using System.Text.Json;
using Orchestration.Simulation;
using Shouldly;
using Xunit;

namespace Orchestration.Silo.Tests.Gateway;

/// <summary>The npm package <c>openai</c>, as an application in Node uses it. Skipped where npm cannot be had, but not in CI.</summary>
public sealed class NodeClientTests
{
    private const string Version = "4.104.0";

    private const string Script = """
        import OpenAI from 'openai';
        const client = new OpenAI({ baseURL: process.argv[2] + 'v1', apiKey: 'any', maxRetries: 0 });
        const messages = [{ role: 'user', content: 'Is the sea salt?' }];
        const tools = [{ type: 'function', function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } } }];
        const { data, response } = await client.chat.completions.create({ model: 'auto', messages, tools }).withResponse();
        const out = { text: data.choices[0].message.content, expert: response.headers.get('x-orchestration-expert'), parts: '', usage: false, done: false };
        for await (const chunk of await client.chat.completions.create({ model: 'auto', messages, stream: true })) {
          out.parts += chunk.choices[0]?.delta?.content ?? '';
          out.done ||= chunk.choices[0]?.finish_reason === 'stop';
          out.usage ||= !!chunk.usage;
        }
        try { await client.chat.completions.create({ model: 'nothing', messages }); } catch (e) { out.missing = { status: e.status, code: e.code, kind: e.constructor.name }; }
        try {
          for await (const chunk of await client.chat.completions.create({ model: 'e1', messages, stream: true })) { out.before = true; }
        } catch (e) { out.broken = { message: e.message, code: e.code }; }
        const called = (await client.chat.completions.create({ model: 'e2', messages, tools })).choices[0];
        out.called = { finish: called.finish_reason, calls: called.message.tool_calls.map(c => [c.id, c.function.name, c.function.arguments]) };
        const pieces = [];
        for await (const chunk of await client.chat.completions.create({ model: 'e2', messages, tools, stream: true })) {
          for (const c of chunk.choices[0]?.delta?.tool_calls ?? []) {
            pieces[c.index] ??= ['', '', ''];
            pieces[c.index][0] += c.id ?? '';
            pieces[c.index][1] += c.function?.name ?? '';
            pieces[c.index][2] += c.function?.arguments ?? '';
          }
        }
        out.pieces = pieces;
        const embedded = await client.embeddings.create({ model: 'd0', input: ['the sea', 'the moon'] });
        out.embedded = { count: embedded.data.length, numbers: embedded.data[0].embedding.length, first: typeof embedded.data[0].embedding[0], tokens: embedded.usage.prompt_tokens };
        out.models = (await client.models.list()).data.map(m => m.id);
        console.log(JSON.stringify(out));
        """;

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_npm_package_completes_streams_and_is_told_errors()
    {
        var folder = await InstallAsync();
        await using var world = await GatewayWorld.StartAsync(
            [new ScriptedEndpointOptions(), new ScriptedEndpointOptions { StreamPause = TimeSpan.FromMilliseconds(20), Respond = static _ => new ScriptedReply { Text = "The sea is salt, as anybody knows.", Fault = ScriptedFault.CutConnection } }, new ScriptedEndpointOptions { Respond = static _ => new ScriptedReply { ToolCalls = ToolCallTests.Calls } }]);
        await File.WriteAllTextAsync(Path.Combine(folder, "client.mjs"), Script, Stop);

        var (status, text, error) = await RunAsync("node", folder, "client.mjs", world.Address.ToString());

        status.ShouldBe(0, error);
        using var json = JsonDocument.Parse(text);
        var said = json.RootElement;
        said.GetProperty("text").GetString().ShouldNotBeNullOrEmpty();
        said.GetProperty("expert").GetString().ShouldBe("e0");
        said.GetProperty("parts").GetString().ShouldBe(said.GetProperty("text").GetString());
        said.GetProperty("done").GetBoolean().ShouldBeTrue();
        said.GetProperty("usage").GetBoolean().ShouldBeFalse("it was not asked for");
        said.GetProperty("missing").GetProperty("status").GetInt32().ShouldBe(404);
        said.GetProperty("missing").GetProperty("kind").GetString().ShouldBe("NotFoundError");
        said.GetProperty("before").GetBoolean().ShouldBeTrue();
        said.GetProperty("broken").GetProperty("code").GetString().ShouldBe("stream_broken");
        var calls = JsonSerializer.Serialize(ToolCallTests.Calls.Select(static c => new[] { c.Id, c.Name, c.Arguments }), Relaxed);
        said.GetProperty("called").GetProperty("finish").GetString().ShouldBe("tool_calls");
        JsonSerializer.Serialize(said.GetProperty("called").GetProperty("calls"), Relaxed).ShouldBe(calls);
        JsonSerializer.Serialize(said.GetProperty("pieces"), Relaxed).ShouldBe(calls);
        said.GetProperty("embedded").GetRawText().ShouldBe("""{"count":2,"numbers":64,"first":"number","tokens":4}""");
        said.GetProperty("models").EnumerateArray().Select(static m => m.GetString()).ShouldBe(["auto", "e0", "e1", "e2"]);
    }

    /// <summary>A folder with the package, installed once for each version.</summary>
    private static async Task<string> InstallAsync()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"orchestrate-node-openai-{Version}");
        if (File.Exists(Path.Combine(folder, "node_modules", "openai", "package.json"))) return folder;
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "package.json"), """{"private":true,"type":"module"}""", Stop);
        var (status, _, error) = await RunAsync("npm", folder, "install", "--no-audit", "--no-fund", "--ignore-scripts", $"openai@{Version}");
        if (status == 0) return folder;
        if (Environment.GetEnvironmentVariable("CI") == "true") throw new InvalidOperationException($"npm could not install openai@{Version}: {error}");
        Assert.Skip($"openai@{Version} cannot be installed by npm here: {error.Split('\n')[0]}");
        return folder;
    }

    private static async Task<(int Status, string Output, string Error)> RunAsync(string program, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEndAsync(Stop);
            var error = process.StandardError.ReadToEndAsync(Stop);
            await process.WaitForExitAsync(Stop);
            return (process.ExitCode, await output, await error);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (127, "", e.Message);
        }
    }
}
